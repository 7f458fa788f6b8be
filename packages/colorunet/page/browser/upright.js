// Photos decoded upright. Browsers turn JPEG and PNG as EXIF says; of WebP some do and some don't, so it
// is decoded without its EXIF and turned here.

import { joined } from "./bytes.js";
import { orientationOf } from "./exif.js";
import { metadataOf, webpChunks } from "./packets.js";

// How a context draws a picture of w × h for each orientation of EXIF.
const TURNS = {
  1: () => [1, 0, 0, 1, 0, 0],
  2: (w) => [-1, 0, 0, 1, w, 0],
  3: (w, h) => [-1, 0, 0, -1, w, h],
  4: (w, h) => [1, 0, 0, -1, 0, h],
  5: () => [0, 1, 1, 0, 0, 0],
  6: (w, h) => [0, 1, -1, 0, h, 0],
  7: (w, h) => [0, -1, -1, 0, h, w],
  8: (w) => [0, -1, 1, 0, 0, w],
};

// The bitmap, its size when upright, and how to draw it so.
export async function bitmapOf(file) {
  const { blob, turn } = file.type === "image/webp" ? await withoutExif(file) : { blob: file, turn: 1 };
  const bitmap = await createImageBitmap(blob);
  const size = [bitmap.width, bitmap.height];
  return { bitmap, size: turn > 4 ? size.toReversed() : size, transform: TURNS[turn](...size) };
}

async function withoutExif(file) {
  const data = new Uint8Array(await file.arrayBuffer());
  const turn = orientationOf((await metadataOf(data)).exif);
  for (const [kind, at] of webpChunks(data)) if (kind === "EXIF") data.set(joined("none"), at - 8);
  return { blob: new Blob([data], { type: file.type }), turn };
}
