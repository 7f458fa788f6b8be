// The record beside a coloured photo in a zip: docs/record.schema.json describes it.

import { decodingOf } from "./decoding.js";

export const SUFFIX = ".colorunet.json";
export const UNRECORDED = "the records, as browsers compute sha256 only at https: or localhost addresses";

export const canRecord = () => Boolean(crypto.subtle);

// The bytes of a record. `template` is what all records of the network share; `original` and `output`
// have name and data each, `look` has dials and hints, `lost` a phrase for each loss.
export async function recordOf(template, { original, output, size: [width, height], look, lost }) {
  const { hints = [], ...dials } = look;
  const settings = {
    ...template.settings,
    decoding: decodingOf(template.settings.decoding, look),
    toning: { warmth: look.warmth ?? 0, strength: look.strength ?? 1 },
    look: dials,
  };
  const record = {
    ...template,
    made_at: `${new Date().toISOString().slice(0, 19)}Z`,
    original: await fileOf(original),
    output: await fileOf(output),
    size: { width, height },
    settings,
    hints,
    lost,
  };
  return new TextEncoder().encode(`${JSON.stringify(record, null, 2)}\n`);
}

async function fileOf({ name, data }) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { name, bytes: data.length, sha256 };
}
