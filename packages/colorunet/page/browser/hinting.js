// Hints: how far their colours spread, and what they do to the logits.

const LUMA_STEP = 0.1;
const FEATURE_STEP = 0.15;
const CROSSING = 0.5;
const ROUNDS = 12;
const WIDTH_UV = 0.05;
const MOST_NATS = 8;
const TOUCHING = 1e-12;

function median(luma) {
  const { width, height, data } = luma;
  const out = new Float32Array(data.length);
  const near = new Float32Array(25);
  const clamp = (value, end) => Math.min(end - 1, Math.max(0, value));
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1) {
      let count = 0;
      for (let dy = -2; dy <= 2; dy += 1)
        for (let dx = -2; dx <= 2; dx += 1)
          near[count++] = data[clamp(y + dy, height) * width + clamp(x + dx, width)];
      out[y * width + x] = near.sort()[12] / 255;
    }
  return out;
}

// What a step costs, to the right and downward, by the edges that it crosses.
export function stepCosts(luma, features) {
  const { width, height } = luma;
  const [smooth, pixels] = [median(luma), width * height];
  const plain = CROSSING / Math.min(width, height);
  return [1, width].map((step) => {
    const costs = new Float32Array(pixels); // of the step from each pixel; the last has none
    for (let at = 0; at + step < pixels; at += 1) {
      let apart = 0;
      for (let from = at; from < features.length; from += pixels)
        apart += (features[from + step] - features[from]) ** 2;
      const edge = (smooth[at + step] - smooth[at]) / LUMA_STEP;
      costs[at] = plain + edge * edge + apart / (2 * FEATURE_STEP ** 2);
    }
    return costs;
  });
}

// What the cheapest path from a pixel to each other costs.
function distances([right, down], width, height, start) {
  const least = new Float32Array(width * height).fill(Infinity);
  least[start] = 0;
  const lower = (at, from, cost) => {
    const way = least[from] + cost;
    if (way >= least[at] - 1e-6) return false;
    least[at] = way;
    return true;
  };
  for (let round = 0, moved = true; moved && round < ROUNDS; round += 1) {
    moved = false;
    for (let y = 0; y < height; y += 1) {
      const row = y * width;
      for (let x = 1; x < width; x += 1) moved = lower(row + x, row + x - 1, right[row + x - 1]) || moved;
      for (let x = width - 2; x >= 0; x -= 1) moved = lower(row + x, row + x + 1, right[row + x]) || moved;
    }
    for (let x = 0; x < width; x += 1) {
      for (let y = 1; y < height; y += 1) moved = lower(y * width + x, (y - 1) * width + x, down[(y - 1) * width + x]) || moved;
      for (let y = height - 2; y >= 0; y -= 1) moved = lower(y * width + x, (y + 1) * width + x, down[y * width + x]) || moved;
    }
  }
  return least;
}

export function uvOf(color, uvOfRgb) {
  const rgb = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255);
  return uvOfRgb.map((row) => row.reduce((sum, part, channel) => sum + part * rgb[channel], 0));
}

// What all hints together say about each pixel: how much, and which U and V.
export function hintField({ luma, costs, size }, hints, uvOfRgb) {
  const { width, height } = luma;
  const pixels = width * height;
  const nearest = new Float32Array(pixels).fill(Infinity);
  const sums = [0, 1, 2].map(() => new Float64Array(pixels));
  for (const hint of hints) {
    const row = Math.min(height - 1, Math.trunc(((Math.trunc(hint.y) + 0.5) * height) / size[1]));
    const column = Math.min(width - 1, Math.trunc(((Math.trunc(hint.x) + 0.5) * width) / size[0]));
    const [u, v] = uvOf(hint.color, uvOfRgb);
    const far = distances(costs, width, height, row * width + column);
    for (let at = 0; at < pixels; at += 1) {
      nearest[at] = Math.min(nearest[at], far[at]);
      const share = 1 / (far[at] ** 2 + TOUCHING);
      sums[0][at] += share;
      sums[1][at] += share * u;
      sums[2][at] += share * v;
    }
  }
  return {
    weight: nearest.map((far) => Math.exp(-(far ** 2))),
    uv: [1, 2].map((axis) => Float32Array.from(sums[axis], (sum, at) => sum / sums[0][at])),
  };
}

// Bins of other colours than the hints' lose.
export function hintedLogits(logits, field, centers) {
  const pixels = field.weight.length;
  const out = new Float32Array(logits.length);
  centers.forEach(([u, v], bin) => {
    for (let at = 0; at < pixels; at += 1) {
      const apart = (field.uv[0][at] - u) ** 2 + (field.uv[1][at] - v) ** 2;
      const lost = Math.min(MOST_NATS, apart / (2 * WIDTH_UV ** 2)) * field.weight[at];
      out[bin * pixels + at] = logits[bin * pixels + at] - lost;
    }
  });
  return out;
}

export const heldToHints = (planes, field) =>
  planes.map((plane, axis) =>
    plane.map((value, at) => value + field.weight[at] ** 2 * (field.uv[axis][at] - value)),
  );
