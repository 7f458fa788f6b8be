// The API of `colorunet serve`; an error is one sentence for the user.

const PAGE = crypto.getRandomValues(new Uint32Array(2)).join("-"); // identifies this page in the server's queue
const TRIES = 4;

export class Problem extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
  }
}

async function ask(path, options = {}) {
  const headers = { "X-Page": PAGE, ...options.headers };
  for (let tried = 1; ; tried += 1) {
    const answer = await fetch(path, { ...options, headers }).catch((error) => {
      if (error.name === "AbortError") throw error;
      throw new Problem("The server doesn't answer. Is `colorunet serve` still running?");
    });
    if (answer.ok) return answer;
    const wait = Number(answer.headers.get("Retry-After"));
    if (wait && tried < TRIES) {
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
      continue;
    }
    const body = await answer.json().catch(() => ({}));
    throw new Problem(body.error || `The server answered with ${answer.status}.`, answer.status);
  }
}

const json = (body, signal) => ({
  method: "POST",
  body: JSON.stringify(body),
  headers: { "Content-Type": "application/json" },
  signal,
});

export const about = async () => (await ask("api/about")).json();

const image = (file) => {
  const form = new FormData();
  form.append("image", file, file.name || "pasted.png");
  return form;
};

export async function addPhoto(file, network) {
  const form = image(file);
  form.append("network", network);
  return (await ask("api/photos", { method: "POST", body: form })).json();
}

export const setReference = (id, file) =>
  ask(`api/photos/${id}/reference`, { method: "POST", body: image(file) });
export const removeReference = (id) => ask(`api/photos/${id}/reference`, { method: "DELETE" });

export const forget = (id) => ask(`api/photos/${id}`, { method: "DELETE" }).catch(() => {});
export const gray = async (id) => (await ask(`api/photos/${id}/gray`)).blob();
export const confidence = async (id) => (await ask(`api/photos/${id}/confidence`)).blob();
export const preview = async (id, look, signal) =>
  (await ask(`api/photos/${id}/preview`, json(look, signal))).blob();

export async function coloredFile(id, look) {
  const answer = await ask(`api/photos/${id}/file`, json(look));
  return { blob: await answer.blob(), name: nameIn(answer) };
}

export async function archive(photos) {
  const answer = await ask("api/zip", json({ photos }));
  return { blob: await answer.blob(), name: nameIn(answer) };
}

function nameIn(answer) {
  const header = answer.headers.get("Content-Disposition") || "";
  const encoded = header.match(/filename\*=UTF-8''([^;]+)/);
  return encoded ? decodeURIComponent(encoded[1]) : (header.match(/filename="([^"]+)"/) || [])[1];
}
