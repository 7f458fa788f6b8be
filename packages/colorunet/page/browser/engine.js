// The worker that colours photos on this machine: what the API of `colorunet serve` does there.

import { compose, guidedChroma } from "./composing.js";
import { chromaOf, confidenceOf, decodingOf, featuresOf, warmed } from "./decoding.js";
import { descriptionOf } from "./exif.js";
import { heldToHints, hintField, hintedLogits, stepCosts } from "./hinting.js";
import { marked } from "./marking.js";
import { load, logitsOf, workingLuma } from "./network.js";
import { metadataOf } from "./packets.js";
import { canRecord, recordOf, SUFFIX, UNRECORDED } from "./record.js";
import { FILTERS, Plane, resized } from "./resize.js";
import { bitmapOf } from "./upright.js";
import { freeName, zipped } from "./zip.js";

const BASE = new URL("../../", import.meta.url); // of this page's folder
const PREVIEW_PX = 1024;
const JPEG_QUALITY = 0.95;
const SPARE_NAMES = /^(.*?)(\.[^.]*)?$/s;
const photos = new Map();
let added = 0;
let about = null;
let loading = null;

async function facts() {
  about = await (await fetch(new URL("network/network.json", BASE))).json();
  loading = load(about, BASE); // photos wait for it, the page doesn't
  loading.catch(() => {});
  return about.facts;
}

const refused = (message, status = 415) => Object.assign(new Error(message), { status });

// A photo upright and in sRGB: its RGBA pixels and its luma of 8 bits.
async function decoded(file) {
  const { bitmap, size, transform } = await bitmapOf(file).catch(() => {
    throw refused("this browser can't read it; JPEG, PNG, WebP, GIF and AVIF are read everywhere");
  });
  const [width, height] = size;
  if (width * height > about.facts.limits.pixels) throw refused(`too many pixels: ${width} × ${height}`, 413);
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  context.setTransform(...transform);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const image = context.getImageData(0, 0, width, height);
  return { image, luma: lumaOf(image) };
}

async function addPhoto(file) {
  await loading.catch((error) => {
    throw refused(`the network can't be loaded (${error.message})`, 500);
  });
  const { image, luma } = await decoded(file);
  const { width, height } = luma;
  const seen = workingLuma(luma, about);
  const photo = { file, size: [width, height], seen, logits: await logitsOf(seen, about) };
  const scale = Math.min(1, PREVIEW_PX / Math.max(width, height));
  const small = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  photo.preview = await scaled(image, small);
  added += 1;
  const id = String(added);
  photos.set(id, photo);
  return { id, name: file.name, width, height, notes: [] };
}

// The photo small, with a luma that is reduced from the whole one.
async function scaled(image, [width, height]) {
  if (image.width === width && image.height === height) return { image, luma: lumaOf(image) };
  const bitmap = await createImageBitmap(image, { resizeWidth: width, resizeHeight: height, resizeQuality: "high" });
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const small = context.getImageData(0, 0, width, height);
  return { image: small, luma: lumaOf(small) };
}

// Y of BT.601 in 8 bits, rounded as Pillow does.
function lumaOf({ width, height, data }) {
  const luma = new Plane(width, height);
  for (let at = 0; at < luma.data.length; at += 1)
    luma.data[at] = (data[4 * at] * 19595 + data[4 * at + 1] * 38470 + data[4 * at + 2] * 7471 + 32768) >> 16;
  return luma;
}

function photoOf(id) {
  const photo = photos.get(id);
  if (!photo) throw refused("no such photo", 404);
  return photo;
}

const usual = (photo) => chromaOf(photo.logits, about.palette, about.decoding);

function colors(photo, look) {
  const hints = look.hints || [];
  let { logits } = photo;
  let field = null;
  if (hints.length) {
    photo.costs ||= stepCosts(photo.seen, featuresOf(logits, about.bins));
    field = hintField({ luma: photo.seen, costs: photo.costs, size: photo.size }, hints, about.uv_of_rgb);
    logits = hintedLogits(logits, field, about.palette);
  }
  const planes = warmed(chromaOf(logits, about.palette, decodingOf(about.decoding, look)), look.warmth || 0);
  return field ? heldToHints(planes, field) : planes;
}

function paint(photo, { image, luma }, look, hints) {
  const painted = new ImageData(new Uint8ClampedArray(image.data), image.width, image.height);
  const { width, height } = photo.seen;
  const chroma = guidedChroma(colors(photo, look), [width, height], luma);
  const options = { strength: look.strength ?? 1, hints, uvOfRgb: about.uv_of_rgb, rgbOfUv: about.rgb_of_uv };
  compose(painted.data, luma, chroma, options);
  return painted;
}

async function blobOf(image, type, quality) {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas.convertToBlob({ type, quality });
}

async function preview(id, look) {
  const photo = photoOf(id);
  return blobOf(paint(photo, photo.preview, look, []), "image/png");
}

async function gray(id) {
  const { image, luma } = photoOf(id).preview;
  const shown = new ImageData(new Uint8ClampedArray(image.data), image.width, image.height);
  for (let at = 0; at < luma.data.length; at += 1) shown.data.fill(luma.data[at], 4 * at, 4 * at + 3);
  return blobOf(shown, "image/png");
}

async function confidence(id) {
  const photo = photoOf(id);
  const { width, height } = photo.seen;
  const sure = confidenceOf(photo.logits, about.palette, usual(photo));
  const smooth = resized(new Plane(width, height, sure), width >> 1, height >> 1, FILTERS.linear);
  const image = new ImageData(smooth.width, smooth.height);
  smooth.data.forEach((share, at) => image.data.set([255 * share, 255 * share, 255 * share, 255], 4 * at));
  return blobOf(image, "image/png");
}

// What the file says of itself, and the mark: the page, which can parse XML, makes one XMP of both.
async function metadata(id) {
  const photo = photoOf(id);
  photo.metadata ||= await metadataOf(new Uint8Array(await photo.file.arrayBuffer()));
  const { xmp, exif } = photo.metadata;
  const bare = about.xmp.replaceAll(about.xmp_day, new Date().toISOString().slice(0, 10));
  return { packet: xmp, description: exif ? descriptionOf(exif) : "", bare };
}

async function coloredFile(id, look, mark) {
  const photo = photoOf(id);
  const whole = await decoded(photo.file);
  const painted = paint(photo, whole, look, look.hints || []);
  const type = photo.file.type === "image/jpeg" ? "image/jpeg" : "image/png";
  const bytes = new Uint8Array(await (await blobOf(painted, type, JPEG_QUALITY)).arrayBuffer());
  const { data, lost } = marked(bytes, photo.metadata, mark, about.exif);
  if (hasClear(whole.image)) lost.push("levels where the picture is clear, which browsers don't keep");
  const stem = photo.file.name.match(SPARE_NAMES)[1];
  const name = `${stem || "photo"}-colorized.${type === "image/jpeg" ? "jpg" : "png"}`;
  return { blob: new Blob([data], { type }), name, lost };
}

// A canvas multiplies colours by their opacity: of clear pixels none comes back.
function hasClear({ data }) {
  for (let at = 3; at < data.length; at += 4) if (data[at] < 255) return true;
  return false;
}

async function archive(listed) {
  const files = [];
  const allLost = canRecord() ? [] : [UNRECORDED];
  const taken = new Set();
  for (const { id, look, mark } of listed) {
    const { blob, name, lost } = await coloredFile(id, look, mark);
    const output = { name: freeName(name, taken), data: new Uint8Array(await blob.arrayBuffer()) };
    files.push(output);
    if (lost.length) allLost.push(`${output.name}: ${lost.join(", ")}`);
    if (!canRecord()) continue;
    const { file, metadata: read, size } = photoOf(id);
    const original = { name: file.name, data: new Uint8Array(await file.arrayBuffer()) };
    const reduced = [read.deep && "more than 8 bits", read.profiled && "a colour profile (its pixels are sRGB)"];
    const given = { original, output, size, look, lost: [...lost, ...reduced.filter(Boolean)] };
    files.push({ name: output.name + SUFFIX, data: await recordOf(about.record, given) });
  }
  return { blob: new Blob([zipped(files)], { type: "application/zip" }), name: "colorized.zip", lost: allLost };
}

const forget = (id) => photos.delete(id);
const CALLS = { facts, addPhoto, forget, gray, confidence, preview, metadata, coloredFile, archive };

let last = Promise.resolve(); // one call after the other: memory for one photo at a time
self.addEventListener("message", ({ data: { number, call, given } }) => {
  last = last.then(async () => {
    try {
      self.postMessage({ number, result: await CALLS[call](...given) });
    } catch (error) {
      self.postMessage({ number, error: { message: error.message, status: error.status || 500 } });
    }
  });
});
