// The mark in the XMP of a JPEG or PNG, and the EXIF of the original beside it.

const XMP = "http://ns.adobe.com/xap/1.0/\0";
const ascii = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const starts = (data, at, text) => [...text].every((letter, k) => data[at + k] === letter.charCodeAt(0));

export function marked(data, xmp, original) {
  const packet = new TextEncoder().encode(xmp);
  if (data[0] === 0xff && data[1] === 0xd8) {
    const exif = original && exifOf(original);
    const segments = [segment(joined(ascii(XMP), packet)), ...(exif ? [exif] : [])].reverse();
    return joined(data.subarray(0, 2), ...segments, data.subarray(2));
  }
  const text = joined(ascii("XML:com.adobe.xmp\0\0\0\0\0"), packet);
  return joined(data.subarray(0, 33), chunk("iTXt", text), data.subarray(33)); // after IHDR
}

export function joined(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const segment = (content) =>
  joined([0xff, 0xe1, (content.length + 2) >> 8, (content.length + 2) & 255], content);

function chunk(kind, content) {
  const named = joined(ascii(kind), content);
  return joined(bytes32(content.length), named, bytes32(crc32(named)));
}

const bytes32 = (value) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? 0xedb88320 ^ (rest >>> 1) : rest >>> 1;
  return rest;
});

export function crc32(data) {
  let rest = 0xffffffff;
  for (const byte of data) rest = TABLE[(rest ^ byte) & 255] ^ (rest >>> 8);
  return (rest ^ 0xffffffff) >>> 0;
}

// The EXIF segment of a JPEG, upright as its pixels are now; null where it has none.
function exifOf(data) {
  let at = 2;
  while (at + 4 < data.length && data[at] === 0xff && data[at + 1] !== 0xda) {
    const length = (data[at + 2] << 8) | data[at + 3];
    if (data[at + 1] === 0xe1 && starts(data, at + 4, "Exif\0\0"))
      return upright(data.slice(at, at + 2 + length));
    at += 2 + length;
  }
  return null;
}

function upright(segment) {
  const view = new DataView(segment.buffer, 10);
  try {
    const little = view.getUint16(0) === 0x4949;
    const first = view.getUint32(4, little);
    for (let entry = 0; entry < view.getUint16(first, little); entry += 1) {
      const at = first + 2 + 12 * entry;
      if (view.getUint16(at, little) === 0x0112) view.setUint16(at + 8, 1, little);
    }
    const next = first + 2 + 12 * view.getUint16(first, little);
    view.setUint32(next, 0, little); // no thumbnail: it would be gray
    return segment;
  } catch {
    return null; // cut short
  }
}
