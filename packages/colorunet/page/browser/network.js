// The network in ONNX Runtime, by WebGPU or WebAssembly: a photo's luma to logits, averaged over its sizes.

import { FILTERS, Plane, resized, rounded, stretched } from "./resize.js";

const MOST_THREADS = 8;
let ort = null;
let session = null;
let restart = null; // in WebAssembly, while WebGPU is in use

async function bytesOf(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

// Load runtime and parameters; `base` is the folder of the page. WebGPU is tried where the site has its
// runtime and the browser an adapter; WebAssembly runs everywhere.
export async function load(about, base) {
  const [model, parameters] = await Promise.all(
    [about.model, about.parameters].map((name) => bytesOf(new URL(`network/${name}`, base))),
  );
  const files = { model, externalData: [{ path: about.parameters, data: parameters }], base };
  const inWebAssembly = () => start("wasm", about.runtime, files);
  if (!about.webgpu || !(await hasAdapter())) return inWebAssembly();
  try {
    await start("webgpu", about.webgpu, files);
    restart = inWebAssembly;
  } catch (error) {
    console.warn(`WebGPU can't be used, WebAssembly is: ${error.message}`);
    await inWebAssembly();
  }
}

async function hasAdapter() {
  return Boolean(await navigator.gpu?.requestAdapter().catch(() => null));
}

async function start(provider, { script, wasm }, { model, externalData, base }) {
  ort = await import(new URL(`runtime/${script}`, base));
  ort.env.wasm.wasmPaths = { wasm: new URL(`runtime/${wasm}`, base).href };
  ort.env.wasm.numThreads = self.crossOriginIsolated
    ? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1)
    : 1;
  session = await ort.InferenceSession.create(model, { executionProviders: [provider], externalData });
}

// A graphics card may lose its device or have too little memory, after which the photo is seen anew.
async function answerTo(luma) {
  try {
    return await session.run({ luma });
  } catch (error) {
    if (!restart) throw error;
    await restart();
    restart = null;
    return session.run({ luma: new ort.Tensor("float32", luma.data, luma.dims) });
  }
}

// The luma at which the network sees a photo.
export function workingLuma(luma, { edge, longest, shortest }) {
  const { width, height } = luma;
  const scale = Math.min(edge / Math.min(height, width), longest / Math.max(height, width));
  const floor = Math.min(shortest, edge);
  const size = [width, height].map((side) => Math.max(floor, rounded(side * scale)));
  return resized(luma, ...size, FILTERS.cubic, { levels: true });
}

// Logits of every pixel of a luma of 8 bits: n planes, one after the other.
export async function logitsOf(luma, about) {
  const { scales, mirrored } = about.averaging;
  const { width, height } = luma;
  const whole = new Plane(width, height, luma.data.map((level) => level / 255));
  let sum = null;
  for (const flips of mirrored ? [false, true] : [false])
    for (const scale of scales) {
      let view = flips ? flipped(whole.data, 1, width) : whole.data;
      let size = [height, width];
      if (scale !== 1) {
        size = size.map((side) => Math.max(1, rounded(side * scale)));
        view = resized(new Plane(width, height, view), size[1], size[0], FILTERS.linear).data;
      }
      let logits = await run(view, size, about);
      if (scale !== 1) logits = stretched(logits, about.bins, size, [height, width]);
      if (flips) logits = flipped(logits, about.bins * height, width);
      if (sum) for (let at = 0; at < sum.length; at += 1) sum[at] += logits[at];
      else sum = logits;
    }
  const count = scales.length * (mirrored ? 2 : 1);
  return sum.map((value) => value / count);
}

function flipped(data, rows, width) {
  const out = new Float32Array(data.length);
  for (let at = 0; at < data.length; at += 1) {
    const column = at % width;
    out[at] = data[at - column + (width - 1 - column)];
  }
  return out;
}

async function run(view, [height, width], { stride, logits_stride: step, bins }) {
  const [tall, wide] = [height, width].map((side) => side + ((stride - (side % stride)) % stride));
  const padded = new Float32Array(tall * wide);
  for (let y = 0; y < tall; y += 1)
    for (let x = 0; x < wide; x += 1)
      padded[y * wide + x] = view[Math.min(y, height - 1) * width + Math.min(x, width - 1)];
  const given = new ort.Tensor("float32", padded, [1, 1, tall, wide]);
  const answer = Object.values(await answerTo(given))[0];
  let logits = answer.data;
  if (step > 1) logits = stretched(logits, bins, [tall / step, wide / step], [tall, wide]);
  if (tall === height && wide === width) return Float32Array.from(logits);
  const cropped = new Float32Array(bins * height * width);
  for (let bin = 0; bin < bins; bin += 1)
    for (let y = 0; y < height; y += 1) {
      const from = (bin * tall + y) * wide;
      cropped.set(logits.subarray(from, from + width), (bin * height + y) * width);
    }
  return cropped;
}
