// A coloured JPEG or PNG with its mark in XMP and EXIF, beside the other metadata of the original.

import { bytes32, crc32, joined } from "./bytes.js";
import { exifWithMark } from "./exif.js";
import { EXIF, SEGMENT_BYTES, segment, XMP } from "./packets.js";

// The file with its metadata, and what couldn't be kept, a phrase each. `mark` has the merged XMP and
// the bare one, for where the merged one is too long; `names` has what EXIF says.
export function marked(data, { exif, profiled, segments }, mark, names) {
  const lost = mark.unparsed ? ["its XMP, which can't be parsed"] : [];
  const newExif = exifWithMark(exif, names, profiled);
  if (data[0] === 0x89) {
    const text = joined("XML:com.adobe.xmp\0\0\0\0\0", new TextEncoder().encode(mark.xmp));
    const chunks = [...(newExif ? [chunk("eXIf", newExif)] : []), chunk("iTXt", text)];
    if (exif && !newExif) lost.push("its EXIF, which is damaged");
    return { data: joined(data.subarray(0, 33), ...chunks, data.subarray(33)), lost }; // after IHDR
  }
  let xmp = joined(XMP, new TextEncoder().encode(mark.xmp));
  if (xmp.length > SEGMENT_BYTES) {
    lost.push(`${xmp.length.toLocaleString("en")} bytes of XMP`);
    xmp = joined(XMP, new TextEncoder().encode(mark.bare));
  }
  const content = newExif && joined(EXIF, newExif);
  const fits = content && content.length <= SEGMENT_BYTES;
  if (exif && !fits) lost.push("its EXIF, which is damaged or too long");
  const all = [...(fits ? [[0xe1, content]] : []), [0xe1, xmp], ...segments];
  const written = all.map(([marker, part]) => segment(marker, part));
  return { data: joined(data.subarray(0, 2), ...written, data.subarray(2)), lost };
}

function chunk(kind, content) {
  const named = joined(kind, content);
  return joined(bytes32(content.length), named, bytes32(crc32(named)));
}
