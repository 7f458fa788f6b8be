// Versions of the shown photo as thumbnails; the one that is clicked is the one that is shown.

import * as api from "./api.js";
import { byId, previewOf, state } from "./state.js";
import { complain, say } from "./words.js";

let chosen = () => {}; // called when another version is

export function startVersions(onChoice) {
  chosen = onChoice;
  byId("versions-part").hidden = state.facts.versions < 2;
  byId("show-versions").addEventListener("click", showVersions);
}

export function clearVersions() {
  byId("versions").replaceChildren();
  byId("show-versions").hidden = false;
}

async function showVersions() {
  const photo = state.current;
  byId("show-versions").disabled = true;
  try {
    const blobs = [];
    for (let number = 0; number < state.facts.versions; number += 1)
      blobs.push(await previewOf(api, photo, number));
    if (photo !== state.current) return;
    byId("versions").replaceChildren(...blobs.map(choice));
    byId("show-versions").hidden = true;
    byId("versions").querySelector(":checked")?.focus();
    say(`${blobs.length} versions`);
  } catch (problem) {
    complain(`${photo.name}: ${problem.message}`);
  } finally {
    byId("show-versions").disabled = false;
  }
}

function choice(blob, number) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  const image = document.createElement("img");
  const words = document.createElement("span");
  input.type = "radio";
  input.name = "version";
  input.checked = number === state.current.version;
  input.addEventListener("change", () => {
    state.current.version = number;
    chosen();
  });
  image.src = URL.createObjectURL(blob);
  image.onload = () => URL.revokeObjectURL(image.src);
  image.alt = "";
  words.textContent = number ? `Version ${number + 1}` : "Likeliest";
  label.append(input, image, words);
  return label;
}
