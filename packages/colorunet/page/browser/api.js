// The API of the page without a server: calls go to a worker of this page, on this machine.

import { withMark } from "./engine/xmp.js";

const worker = new Worker(new URL("engine/engine.js", import.meta.url), { type: "module" });
const waiting = new Map();
let numbers = 0;

worker.addEventListener("message", ({ data: { number, result, error } }) => {
  const { resolve, reject } = waiting.get(number);
  waiting.delete(number);
  if (error) reject(Object.assign(new Error(error.message), { status: error.status }));
  else resolve(result);
});

const ask = (call) => (...given) =>
  new Promise((resolve, reject) => {
    numbers += 1;
    waiting.set(numbers, { resolve, reject });
    worker.postMessage({ number: numbers, call, given });
  });

export const about = ask("facts");
export const addPhoto = ask("addPhoto");
export const forget = ask("forget");
export const gray = ask("gray");
export const confidence = ask("confidence");
export const preview = ask("preview");
export const coloredFile = async (id, look) => ask("coloredFile")(id, look, await markOf(id));

export async function archive(listed) {
  const withMarks = [];
  for (const one of listed) withMarks.push({ ...one, mark: await markOf(one.id) });
  return ask("archive")(withMarks);
}

// The XMP of a photo with the mark in it, and the mark's alone.
async function markOf(id) {
  const { packet, description, bare } = await ask("metadata")(id);
  return { ...withMark(packet, bare, description), bare };
}

// Kept for the next time, without a connection; and threads, which need two headers of the host.
if ("serviceWorker" in navigator && isSecureContext)
  navigator.serviceWorker.register(new URL("../sw.js", import.meta.url)).catch(() => {});
