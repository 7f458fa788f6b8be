// A zip of files that are compressed already.

import { crc32, joined } from "./bytes.js";

const little = (value, bytes) =>
  Uint8Array.from({ length: bytes }, (_, at) => Math.floor(value / 2 ** (8 * at)) & 255);
const EPOCH = [...little(0, 2), ...little(0x21, 2)]; // 1980-01-01
const UTF8 = 0x0800;

// Files, each with a name of its own and data.
export function zipped(files) {
  const [parts, directory] = [[], []];
  let offset = 0;
  for (const { name, data } of files) {
    const path = new TextEncoder().encode(name);
    const common = joined(
      little(20, 2), little(UTF8, 2), little(0, 2), EPOCH, little(crc32(data), 4),
      little(data.length, 4), little(data.length, 4), little(path.length, 2), little(0, 2),
    );
    const header = joined(little(0x04034b50, 4), common, path);
    parts.push(header, data);
    directory.push(joined(little(0x02014b50, 4), little(20, 2), common, new Uint8Array(10), little(offset, 4), path));
    offset += header.length + data.length;
  }
  const listed = joined(...directory);
  const end = joined(
    little(0x06054b50, 4), little(0, 4), little(files.length, 2), little(files.length, 2),
    little(listed.length, 4), little(offset, 4), little(0, 2),
  );
  return joined(...parts, listed, end);
}

// The name, with a number where it is taken.
export function freeName(name, taken) {
  const [, stem, suffix] = name.match(/^(.*?)(\.[^.]*)?$/s);
  const folded = (text) => text.normalize("NFC").toLowerCase();
  let candidate = name;
  for (let number = 2; taken.has(folded(candidate)); number += 1)
    candidate = `${stem}-${number}${suffix || ""}`;
  taken.add(folded(candidate));
  return candidate;
}
