// Pillow's resampling of one-channel images, and the linear interpolation of logits.

const CUBIC = {
  support: 2,
  weight: (x) => {
    const a = -0.5;
    const d = Math.abs(x);
    if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? (((d - 5) * d + 8) * d - 4) * a : 0;
  },
};
const LINEAR = { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) };
const BOX = { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };
export const FILTERS = { cubic: CUBIC, linear: LINEAR, box: BOX };

export class Plane {
  constructor(width, height, data = new Float32Array(width * height)) {
    Object.assign(this, { width, height, data });
  }
}

function weightsOf(from, to, { support, weight }) {
  const scale = from / to;
  const wide = Math.max(scale, 1);
  const reach = support * wide;
  return Array.from({ length: to }, (_, at) => {
    const center = (at + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach + 0.5));
    const end = Math.min(from, Math.trunc(center + reach + 0.5));
    const shares = new Float64Array(end - first).map((_, k) => weight((first + k - center + 0.5) / wide));
    const sum = shares.reduce((total, share) => total + share, 0) || 1;
    return { first, shares: shares.map((share) => share / sum) };
  });
}

// Resize like Pillow: across first, then down; levels of 8 bits are rounded after each.
export function resized(plane, width, height, filter, { levels = false } = {}) {
  const rounded = levels ? (x) => Math.min(255, Math.max(0, Math.round(x))) : (x) => x;
  let { data } = plane;
  if (width !== plane.width) {
    const across = weightsOf(plane.width, width, filter);
    const wide = new Float32Array(width * plane.height);
    for (let y = 0; y < plane.height; y += 1)
      for (let x = 0; x < width; x += 1) {
        const { first, shares } = across[x];
        const from = y * plane.width + first;
        let sum = 0;
        for (let k = 0; k < shares.length; k += 1) sum += shares[k] * data[from + k];
        wide[y * width + x] = rounded(sum);
      }
    data = wide;
  }
  if (height !== plane.height) {
    const down = weightsOf(plane.height, height, filter);
    const tall = new Float32Array(width * height);
    const sums = new Float64Array(width);
    for (let y = 0; y < height; y += 1) {
      const { first, shares } = down[y];
      sums.fill(0);
      for (let k = 0; k < shares.length; k += 1) {
        const from = (first + k) * width;
        for (let x = 0; x < width; x += 1) sums[x] += shares[k] * data[from + x];
      }
      for (let x = 0; x < width; x += 1) tall[y * width + x] = rounded(sums[x]);
    }
    data = tall;
  }
  return new Plane(width, height, data);
}

// Where each of `to` pixels lies among `from`: centres at halves, borders repeated.
export function places(from, to) {
  const low = new Int32Array(to);
  const high = new Int32Array(to);
  const share = new Float32Array(to);
  for (let at = 0; at < to; at += 1) {
    const place = Math.min(from - 1, Math.max(0, ((at + 0.5) * from) / to - 0.5));
    low[at] = Math.floor(place);
    high[at] = Math.min(low[at] + 1, from - 1);
    share[at] = place - low[at];
  }
  return { low, high, share };
}

// Resize n planes that lie one after the other in an array, bilinear.
export function stretched(data, n, [height, width], [tall, wide]) {
  const [down, across] = [places(height, tall), places(width, wide)];
  const out = new Float32Array(n * tall * wide);
  const row = new Float32Array(width);
  for (let plane = 0; plane < n; plane += 1)
    for (let y = 0; y < tall; y += 1) {
      const top = (plane * height + down.low[y]) * width;
      const below = (plane * height + down.high[y]) * width;
      for (let x = 0; x < width; x += 1)
        row[x] = data[top + x] + down.share[y] * (data[below + x] - data[top + x]);
      const to = (plane * tall + y) * wide;
      for (let x = 0; x < wide; x += 1) {
        const first = row[across.low[x]];
        out[to + x] = first + across.share[x] * (row[across.high[x]] - first);
      }
    }
  return out;
}

// Python's round: halves go to the even number.
export function rounded(value) {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 ? below + 1 : below;
}
