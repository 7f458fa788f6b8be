// Bytes joined, compared with words and checked, as files need them.

const ascii = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

export const starts = (data, at, text) => {
  for (let k = 0; k < text.length; k += 1) if (data[at + k] !== text.charCodeAt(k)) return false;
  return true;
};

// Join bytes and words of ASCII.
export function joined(...parts) {
  const all = parts.map((part) => (typeof part === "string" ? ascii(part) : part));
  const out = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export const bytes32 = (value) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);

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
