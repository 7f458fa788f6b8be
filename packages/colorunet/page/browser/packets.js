// The metadata of an original, found without decoding it: XMP, EXIF, and segments that a JPEG keeps.

import { bytes32, joined, starts } from "./bytes.js";

export const XMP = "http://ns.adobe.com/xap/1.0/\0";
export const EXIF = "Exif\0\0";
export const SEGMENT_BYTES = 65_533; // the most of a segment's content
const EXTENSION = "http://ns.adobe.com/xmp/extension/\0";
const PROFILE = "ICC_PROFILE\0";
const PHOTOSHOP = "Photoshop 3.0\0";
const PNG_XMP = "XML:com.adobe.xmp\0";
// Thumbnails show the photo as it was; profile, EXIF and XMP stand in places of their own.
const RESOURCES_NOT_KEPT = [0x0409, 0x040c, 0x040f, 0x0422, 0x0423, 0x0424];
const text = (data) => new TextDecoder().decode(data);
const word = (data, at) => (data[at] << 8) | data[at + 1];
const long = (data, at) => ((word(data, at) << 16) | word(data, at + 2)) >>> 0;

// XMP as text, "" for none; EXIF from its byte order on, null for none; whether there is a colour
// profile, and more than 8 bits a sample; marker and content of segments.
export async function metadataOf(data) {
  if (starts(data, 0, "\xff\xd8\xff")) return ofJpeg(data);
  if (starts(data, 0, "\x89PNG")) return ofPng(data);
  if (starts(data, 0, "RIFF") && starts(data, 8, "WEBP")) return ofWebp(data);
  return { ...nothing(), xmp: scanned(data) };
}

const nothing = () => ({ xmp: "", exif: null, profiled: false, deep: false, segments: [] });

function ofJpeg(data) {
  const found = nothing();
  const resources = [];
  let at = 2;
  while (at + 4 < data.length && data[at] === 0xff && data[at + 1] !== 0xda) {
    const [marker, end] = [data[at + 1], at + 2 + word(data, at + 2)];
    const content = data.slice(at + 4, end);
    if (marker === 0xe1 && starts(content, 0, XMP)) found.xmp ||= text(content.subarray(XMP.length));
    if (marker === 0xe1 && starts(content, 0, EXIF)) found.exif ||= content.slice(EXIF.length);
    if (marker === 0xe1 && starts(content, 0, EXTENSION)) found.segments.push([marker, content]);
    if (marker === 0xe2 && starts(content, 0, PROFILE)) found.profiled = true;
    if (marker === 0xed && starts(content, 0, PHOTOSHOP)) resources.push(content.subarray(PHOTOSHOP.length));
    at = Math.max(end, at + 2);
  }
  const kept = keptResources(joined(...resources));
  const room = SEGMENT_BYTES - PHOTOSHOP.length;
  for (let from = 0; from < kept.length; from += room)
    found.segments.push([0xed, joined(PHOTOSHOP, kept.subarray(from, from + room))]);
  return found;
}

function keptResources(data) {
  const kept = [];
  let at = 0;
  while (starts(data, at, "8BIM") && at + 12 <= data.length) {
    const content = at + 6 + ((data[at + 6] >> 1) + 1) * 2 + 4; // behind a name and a length
    const length = long(data, content - 4);
    if (content + length > data.length) break;
    const end = content + length + (length % 2);
    if (!RESOURCES_NOT_KEPT.includes(word(data, at + 4))) kept.push(data.subarray(at, end));
    at = end;
  }
  return joined(...kept);
}

async function ofPng(data) {
  const found = { ...nothing(), deep: data[24] > 8 };
  for (let at = 8; at + 12 <= data.length; ) {
    const length = long(data, at);
    const content = data.subarray(at + 8, at + 8 + length);
    if (starts(data, at + 4, "eXIf")) found.exif ||= content.slice();
    if (starts(data, at + 4, "iCCP")) found.profiled = true;
    if (starts(data, at + 4, "iTXt") && starts(content, 0, PNG_XMP)) found.xmp ||= await pngText(content);
    at += 12 + length;
  }
  return found;
}

async function pngText(content) {
  const packed = content[PNG_XMP.length] === 1;
  let at = PNG_XMP.length + 2;
  for (let ends = 0; ends < 2 && at < content.length; at += 1) ends += content[at] === 0; // language, its keyword
  const body = content.slice(at);
  if (!packed) return text(body);
  const open = new Blob([body]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(open).text().catch(() => "");
}

function ofWebp(data) {
  const found = nothing();
  for (const [kind, at, length] of webpChunks(data)) {
    if (kind === "ICCP") found.profiled = true;
    if (kind === "XMP ") found.xmp ||= text(data.subarray(at, at + length));
    if (kind === "EXIF") found.exif ||= data.slice(starts(data, at, EXIF) ? at + EXIF.length : at, at + length);
  }
  return found;
}

// Kind, place of the content and length of each chunk of a WebP.
export function* webpChunks(data) {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  for (let at = 12; at + 8 <= data.length; ) {
    const length = view.getUint32(at + 4, true);
    yield [text(data.subarray(at, at + 4)), at + 8, length];
    at += 8 + length + (length % 2);
  }
}

// AVIF, HEIC, GIF: XMP may stand at any place.
function scanned(data) {
  const start = indexOf(data, "<x:xmpmeta", 0);
  const end = start < 0 ? -1 : indexOf(data, "</x:xmpmeta>", start);
  return end < 0 ? "" : text(data.subarray(start, end + "</x:xmpmeta>".length));
}

function indexOf(data, words, from) {
  for (let at = from; (at = data.indexOf(words.charCodeAt(0), at)) >= 0; at += 1)
    if (starts(data, at, words)) return at;
  return -1;
}

export const segment = (marker, content) =>
  joined([0xff, marker], bytes32(content.length + 2).slice(2), content);
