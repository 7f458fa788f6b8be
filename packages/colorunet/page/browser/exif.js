// Software and a note in EXIF, which says upright and loses its thumbnail (as evidence/exif.py and
// colorfiles' exif.py do). The first directory is written anew at the end: nothing else moves.

import { joined } from "./bytes.js";

const [DESCRIPTION, ORIENTATION, SOFTWARE, EXIF_IFD, COLOR_SPACE] = [0x010e, 0x0112, 0x0131, 0x8769, 0xa001];
const [ASCII, SHORT, UTF8] = [2, 3, 129];
const SRGB = 1;
const EMPTY = Uint8Array.of(0x49, 0x49, 42, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0);

class Tiff {
  constructor(data) {
    this.data = data;
    this.view = new DataView(data.buffer, data.byteOffset, data.length);
    this.little = this.view.getUint16(0) === 0x4949;
  }

  number(bits, at) {
    return bits === 16 ? this.view.getUint16(at, this.little) : this.view.getUint32(at, this.little);
  }

  bytes(bits, value) {
    const view = new DataView(new ArrayBuffer(bits / 8));
    if (bits === 16) view.setUint16(0, value, this.little);
    else view.setUint32(0, value, this.little);
    return new Uint8Array(view.buffer);
  }

  // Tag and place of each entry of the directory at a place.
  entries(start) {
    return Array.from({ length: this.number(16, start) }, (_, number) => {
      const place = start + 2 + 12 * number;
      return [this.number(16, place), place];
    });
  }

  first() {
    const places = this.entries(this.number(32, 4));
    return new Map(places.map(([tag, place]) => [tag, this.data.slice(place, place + 12)]));
  }

  entry(tag, kind, length, value) {
    return joined(this.bytes(16, tag), this.bytes(16, kind), this.bytes(32, length), value);
  }

  // Kind and bytes of a text.
  text(entry) {
    if (!entry) return [ASCII, new Uint8Array()];
    const own = new Tiff(joined(this.data.subarray(0, 8), entry));
    const [kind, length] = [own.number(16, 10), own.number(32, 12)];
    if (kind !== ASCII && kind !== UTF8) return [ASCII, new Uint8Array()];
    const from = length <= 4 ? entry.subarray(8) : this.data.subarray(own.number(32, 16));
    let end = Math.min(length, from.length);
    while (end && (from[end - 1] === 0 || from[end - 1] === 32)) end -= 1;
    return [kind, from.slice(0, end)];
  }
}

// EXIF with the mark, of pixels that had another profile than sRGB until now or not; null where it is
// damaged.
export function exifWithMark(exif, { software, note }, profiled) {
  try {
    const tiff = new Tiff(Uint8Array.from(exif || EMPTY));
    if (profiled && tiff.first().has(EXIF_IFD)) nameSrgb(tiff, tiff.first().get(EXIF_IFD));
    return rewritten(tiff, [[DESCRIPTION, note], [SOFTWARE, software]]);
  } catch {
    return null; // cut short
  }
}

function rewritten(tiff, texts) {
  const entries = tiff.first();
  if (entries.has(ORIENTATION)) {
    const one = joined(tiff.bytes(16, 1), [0, 0]);
    entries.set(ORIENTATION, tiff.entry(ORIENTATION, SHORT, 1, one));
  }
  let { data } = tiff;
  for (const [tag, words] of texts) {
    const [kind, before] = tiff.text(entries.get(tag));
    const own = new TextEncoder().encode(words);
    const value = joined(...(before.length ? [before, "; ", own] : [own]), [0]);
    if (data.length % 2) data = joined(data, [0]);
    entries.set(tag, tiff.entry(tag, kind, value.length, tiff.bytes(32, data.length)));
    data = joined(data, value);
  }
  if (data.length % 2) data = joined(data, [0]);
  const table = [...entries].sort(([a], [b]) => a - b).map(([, entry]) => entry);
  const head = joined(data.subarray(0, 4), tiff.bytes(32, data.length));
  // The last number: no further directory, which would hold a gray thumbnail.
  return joined(head, data.subarray(8), tiff.bytes(16, table.length), ...table, tiff.bytes(32, 0));
}

function nameSrgb(tiff, entry) {
  const inner = new Tiff(joined(tiff.data.subarray(0, 8), entry)).number(32, 16);
  for (const [tag, place] of tiff.entries(inner))
    if (tag === COLOR_SPACE) tiff.data.set(tiff.bytes(16, SRGB), place + 8);
}

// ImageDescription; "" where there is none or EXIF is damaged.
export function descriptionOf(exif) {
  try {
    const tiff = new Tiff(exif);
    return new TextDecoder().decode(tiff.text(tiff.first().get(DESCRIPTION))[1]).trim();
  } catch {
    return "";
  }
}

// Orientation, 1 to 8.
export function orientationOf(exif) {
  try {
    const tiff = new Tiff(exif);
    const entry = tiff.first().get(ORIENTATION);
    const turn = entry ? new Tiff(joined(tiff.data.subarray(0, 8), entry)).number(16, 16) : 1;
    return turn >= 1 && turn <= 8 ? turn : 1;
  } catch {
    return 1;
  }
}
