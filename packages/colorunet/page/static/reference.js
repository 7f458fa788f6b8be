// The reference photo, and the choice of network.

import * as api from "./api.js";
import { byId, networkOf, state } from "./state.js";
import { complain, say } from "./words.js";

let changed = () => {}; // called when the photo must be drawn again

// `resend` runs the network on a photo again.
export function startReference(onChange, resend) {
  changed = onChange;
  const { networks } = state.facts;
  byId("reference-part").hidden = !("setReference" in api);
  byId("reference-add").addEventListener("click", () => byId("reference-file").click());
  byId("reference-file").addEventListener("change", () => {
    setReference(byId("reference-file").files[0]);
    byId("reference-file").value = "";
  });
  byId("reference-remove").addEventListener("click", () => {
    setReference(null);
    byId("reference-add").focus();
  });
  byId("network-part").hidden = networks.length < 2;
  byId("network").replaceChildren(
    ...networks.map(({ name }) => {
      const option = document.createElement("option");
      option.value = name;
      option.textContent = name;
      return option;
    }),
  );
  byId("network").addEventListener("change", () => {
    state.current.network = byId("network").value;
    showReference();
    resend(state.current);
  });
}

export function showReference() {
  const { reference } = state.current;
  byId("reference-name").hidden = byId("reference-remove").hidden = !reference;
  byId("reference-name").textContent = reference ? reference.name : "";
  byId("reference-add").textContent = reference ? "Another photo" : "Choose a colour photo";
  byId("network").value = networkOf(state.current).name;
  byId("network-about").textContent = networkOf(state.current).about;
}

async function setReference(file) {
  const photo = state.current;
  byId("reference-add").disabled = true;
  try {
    if (file) await photo.with((id) => api.setReference(id, file));
    else await photo.with(api.removeReference);
    photo.reference = file;
    photo.version = 0;
    say(file ? `Colours like ${file.name}` : "No reference any more");
    if (photo === state.current) {
      showReference();
      changed();
    }
  } catch (problem) {
    complain(`${file ? file.name : photo.name}: ${problem.message}`);
  }
  byId("reference-add").disabled = false;
}
