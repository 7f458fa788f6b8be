// From logits over bins to chroma: what `Decoding`, `vivid`, `Toning` and `confidence` do.

const PLAIN_CHROMA = 0.12;
const CAUTION_BEND = 1.5;
const COLDEST = 1e-4;
const VIVID = 1.8;
const WARM_UV = [-0.05, 0.04];
const NEAR_UV = 0.06;
const TINY = 1.1754944e-38;

// The decoding that a look asks for.
export function decodingOf(own, look) {
  const asked = { ...own };
  for (const name of ["saturation", "caution"]) if (look[name] != null) asked[name] = look[name];
  if (look.vividness == null) return asked;
  const turned = 2 * look.vividness;
  return {
    ...asked,
    temperature: own.temperature ** turned,
    saturation: Math.min(4, asked.saturation * VIVID ** (turned - 1)),
    caution: look.caution ?? Math.min(1, own.caution * (2 - turned)),
  };
}

// U and V of each pixel, as two planes.
export function chromaOf(logits, centers, decoding) {
  const n = centers.length;
  const pixels = logits.length / n;
  const u = new Float32Array(pixels);
  const v = new Float32Array(pixels);
  const values = new Float64Array(n);
  const { top_mode_radius: radius, bin_offsets: offsets, contrast, saturation } = decoding;
  const cold = Math.max(decoding.temperature, COLDEST);
  const k = decoding.caution / (1 + CAUTION_BEND * decoding.caution);
  for (let at = 0; at < pixels; at += 1) {
    let top = 0;
    for (let bin = 0; bin < n; bin += 1) {
      values[bin] = logits[bin * pixels + at] + (offsets ? offsets[bin] : 0);
      if (values[bin] > values[top]) top = bin;
    }
    let [sum, meanU, meanV] = [0, 0, 0];
    for (let bin = 0; bin < n; bin += 1) {
      const [cu, cv] = centers[bin];
      if (radius && Math.hypot(cu - centers[top][0], cv - centers[top][1]) > radius) continue;
      const share = Math.exp((values[bin] - values[top]) / cold);
      sum += share;
      meanU += share * cu;
      meanV += share * cv;
    }
    let factor = saturation / sum;
    if (contrast) factor *= (Math.hypot(meanU, meanV) / sum / PLAIN_CHROMA) ** contrast;
    if (k) factor *= certainty(values, top, centers, k);
    u[at] = meanU * factor;
    v[at] = meanV * factor;
  }
  return [u, v];
}

function certainty(values, top, centers, k) {
  let [sum, meanU, meanV, squares] = [0, 0, 0, 0];
  for (let bin = 0; bin < values.length; bin += 1) {
    const [u, v] = centers[bin];
    const share = Math.exp(values[bin] - values[top]);
    sum += share;
    meanU += share * u;
    meanV += share * v;
    squares += share * (u * u + v * v);
  }
  const mean = (meanU / sum) ** 2 + (meanV / sum) ** 2;
  const variance = Math.max(0, squares / sum - mean);
  return (mean + TINY) / (mean + k * variance + TINY);
}

export function warmed(planes, warmth) {
  if (!warmth) return planes;
  return planes.map((plane, axis) => plane.map((value) => value + WARM_UV[axis] * warmth));
}

// Roots of the bins' shares: pixels that the network takes for alike are near.
export function featuresOf(logits, n) {
  const pixels = logits.length / n;
  const out = new Float32Array(logits.length);
  for (let at = 0; at < pixels; at += 1) {
    let [top, sum] = [-Infinity, 0];
    for (let bin = 0; bin < n; bin += 1) top = Math.max(top, logits[bin * pixels + at]);
    for (let bin = 0; bin < n; bin += 1) sum += Math.exp(logits[bin * pixels + at] - top);
    for (let bin = 0; bin < n; bin += 1)
      out[bin * pixels + at] = Math.sqrt(Math.exp(logits[bin * pixels + at] - top) / sum);
  }
  return out;
}

// How likely the true colour of each pixel is near the one that is shown.
export function confidenceOf(logits, centers, [u, v]) {
  const pixels = u.length;
  const out = new Float32Array(pixels);
  const roots = featuresOf(logits, centers.length);
  for (let at = 0; at < pixels; at += 1) {
    let sure = 0;
    for (let bin = 0; bin < centers.length; bin += 1) {
      const apart = (centers[bin][0] - u[at]) ** 2 + (centers[bin][1] - v[at]) ** 2;
      sure += roots[bin * pixels + at] ** 2 * 2 ** (-apart / NEAR_UV ** 2);
    }
    out[at] = Math.min(1, sure);
  }
  return out;
}
