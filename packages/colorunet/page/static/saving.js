// Saving coloured photos: one as a file, all as an archive.

import * as api from "./api.js";
import { byId, state } from "./state.js";
import { complain, say } from "./words.js";

const KEPT_MS = 60_000; // an address of a file that a browser may still be reading

async function download(button, work) {
  const words = button.textContent;
  button.disabled = true;
  button.textContent = "Colouring at full size…";
  try {
    const { blob, name, lost } = await work();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
    say(`${name} is saved`);
    if (lost?.length) complain(`Left out beside the mark: ${lost.join("; ")}`);
  } catch (problem) {
    complain(problem.message);
  }
  button.textContent = words;
  button.disabled = false;
}

export const saveOne = () =>
  download(byId("save"), () =>
    state.current.with((id) => api.coloredFile(id, state.current.look())),
  );

export function saveAll() {
  const ready = state.photos.filter((photo) => photo.state === "ready");
  const listed = () => ready.map((photo) => ({ id: photo.info.id, look: photo.look() }));
  return download(byId("save-all"), async () => {
    try {
      return await api.archive(listed());
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      for (const photo of ready) await photo.send(); // some may have expired
      return api.archive(listed());
    }
  });
}
