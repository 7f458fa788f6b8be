// Luma at a photo's own size and coarse chroma to RGB, along the edges of the luma.

import { uvOf } from "./hinting.js";
import { FILTERS, Plane, places, resized } from "./resize.js";

const COARSE = 4;
const RIDGE = 0.02;
const NEAR = 1.5;
const PIN_LUMA_STEP = 0.05;

function meanOfNine({ width, height, data }) {
  const out = new Float32Array(data.length);
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (let dy = -1; dy <= 1; dy += 1)
        for (let dx = -1; dx <= 1; dx += 1) {
          const row = Math.min(height - 1, Math.max(0, y + dy));
          sum += data[row * width + Math.min(width - 1, Math.max(0, x + dx))];
        }
      out[y * width + x] = sum / 9;
    }
  return out;
}

// Chroma as a line over luma, base + slope · luma, for U and V (see GuidedChroma in Python).
export function guidedChroma(planes, size, luma) {
  const [width, height] = [Math.min(size[0], luma.width), Math.min(size[1], luma.height)];
  const grid = [width, height].map((side) => Math.max(1, Math.floor(side / COARSE)));
  const guide = resized(luma, ...grid, FILTERS.box, { levels: true });
  guide.data = guide.data.map((level) => level / 255);
  const mean = meanOfNine(guide);
  const squares = meanOfNine({ ...guide, data: guide.data.map((value) => value * value) });
  const wide = resized(guide, width, height, FILTERS.linear).data;
  return planes.map((data) => {
    const chroma = resized(new Plane(...size, data), width, height, FILTERS.linear);
    const coarse = resized(chroma, ...grid, FILTERS.box);
    const products = { ...guide, data: guide.data.map((value, at) => value * coarse.data[at]) };
    const [both, means] = [meanOfNine(products), meanOfNine(coarse)];
    const steep = both.map(
      (value, at) => (value - mean[at] * means[at]) / (squares[at] - mean[at] ** 2 + RIDGE),
    );
    const slope = resized(new Plane(...grid, steep), width, height, FILTERS.linear).data;
    const base = chroma.data.map((value, at) => value - slope[at] * wide[at]);
    return { width, height, base, slope };
  });
}

// Rows of chroma at the photo's own width.
function rowOf({ width, base, slope }, y, lumaRow, down, across, out) {
  const [top, below, part] = [down.low[y] * width, down.high[y] * width, down.share[y]];
  const mixed = (plane, column) =>
    plane[top + column] + part * (plane[below + column] - plane[top + column]);
  const [bases, slopes] = [new Float32Array(width), new Float32Array(width)];
  for (let column = 0; column < width; column += 1) {
    bases[column] = mixed(base, column);
    slopes[column] = mixed(slope, column);
  }
  for (let x = 0; x < out.length; x += 1) {
    const [low, high, share] = [across.low[x], across.high[x], across.share[x]];
    const steep = slopes[low] + share * (slopes[high] - slopes[low]);
    out[x] = bases[low] + share * (bases[high] - bases[low]) + steep * lumaRow[x];
  }
}

// Write the colours of a photo into its RGBA pixels.
export function compose(rgba, luma, chroma, { strength, hints, uvOfRgb, rgbOfUv }) {
  const { width, height, data } = luma;
  const [down, across] = [places(chroma[0].height, height), places(chroma[0].width, width)];
  const row = new Float32Array(width);
  const uv = [new Float32Array(width), new Float32Array(width)];
  const fill = (y) => {
    for (let x = 0; x < width; x += 1) row[x] = data[y * width + x] / 255;
    chroma.forEach((line, axis) => rowOf(line, y, row, down, across, uv[axis]));
  };
  const reach = NEAR * Math.max(height / chroma[0].height, width / chroma[0].width, 1);
  const pins = hints.map((hint) => {
    const [x, y] = [Math.trunc(hint.x), Math.trunc(hint.y)];
    fill(y);
    const missing = uvOf(hint.color, uvOfRgb).map((value, axis) => value - uv[axis][x]);
    return { x, y, luma: row[x], missing };
  });
  for (let y = 0; y < height; y += 1) {
    fill(y);
    const near = pins.filter((pin) => Math.abs(pin.y - y) <= Math.trunc(3 * reach));
    if (near.length) pinRow(y, row, uv, near, reach);
    for (let x = 0, at = 4 * y * width; x < width; x += 1, at += 4) {
      let [u, v] = [uv[0][x] * strength, uv[1][x] * strength];
      if (strength < 1)
        for (let channel = 0; channel < 3; channel += 1) {
          const own = (rgba[at + channel] / 255) * (1 - strength);
          u += uvOfRgb[0][channel] * own;
          v += uvOfRgb[1][channel] * own;
        }
      paint(rgba, at, row[x], u, v, rgbOfUv);
    }
  }
}

// Chroma that the luma has no room for is drawn in; the luma stays.
function paint(rgba, at, luma, u, v, rgbOfUv) {
  const red = u * rgbOfUv[0][0] + v * rgbOfUv[0][1];
  const green = u * rgbOfUv[1][0] + v * rgbOfUv[1][1];
  const blue = u * rgbOfUv[2][0] + v * rgbOfUv[2][1];
  const above = Math.max(red, green, blue) / (1 - luma);
  const below = Math.min(red, green, blue) / -luma;
  let excess = 1;
  if (above > excess) excess = above;
  if (below > excess) excess = below;
  rgba[at] = 255 * (luma + red / excess); // a clamped array rounds halves to even, as NumPy does
  rgba[at + 1] = 255 * (luma + green / excess);
  rgba[at + 2] = 255 * (luma + blue / excess);
}

// Give back what scaling took from the chroma of hints' pixels.
function pinRow(y, row, uv, pins, reach) {
  const far = Math.trunc(3 * reach);
  const shares = new Float64Array(row.length);
  const given = [new Float64Array(row.length), new Float64Array(row.length)];
  for (const pin of pins)
    for (let x = Math.max(0, pin.x - far); x < Math.min(row.length, pin.x + far + 1); x += 1) {
      const squared = (y - pin.y) ** 2 + (x - pin.x) ** 2;
      const other = (row[x] - pin.luma) / PIN_LUMA_STEP;
      const near = Math.exp(-squared / (2 * reach ** 2) - other ** 2 / 2);
      const share = 1 / (squared + 1e-9);
      shares[x] += share;
      for (const axis of [0, 1]) given[axis][x] += share * near * pin.missing[axis];
    }
  for (const axis of [0, 1])
    for (let x = 0; x < row.length; x += 1)
      if (shares[x]) uv[axis][x] += given[axis][x] / shares[x];
}
