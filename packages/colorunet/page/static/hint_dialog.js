// Dialog for the colour of a spot: likely ones, those of the palette at its lightness, or any.

import { toCss, toUv } from "./colors.js";

const dialog = document.getElementById("hint-dialog");
const swatches = document.getElementById("swatches");
const input = document.getElementById("hint-color");
const remove = document.getElementById("hint-remove");

// Ask for a colour; the answer is one, "remove", or null.
export function askColor(rgb, palette, bins, { color = null } = {}) {
  const luma = (0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2]) / 255;
  const seen = Math.min(0.85, Math.max(0.25, luma)); // black and white can have no colour
  input.value = color || toCss(seen, toUv(...rgb));
  remove.hidden = color === null;
  swatches.replaceChildren(
    ...bins.map((bin) => {
      const button = document.createElement("button");
      const css = toCss(seen, palette[bin]);
      button.type = "button";
      button.className = "swatch";
      button.style.setProperty("--swatch", css);
      button.setAttribute("aria-label", css);
      button.addEventListener("click", () => {
        input.value = css;
        mark(css);
      });
      return button;
    }),
  );
  const mark = (css) => {
    for (const one of swatches.children) {
      const chosen = one.getAttribute("aria-label") === css;
      one.classList.toggle("chosen", chosen);
      one.setAttribute("aria-pressed", chosen);
    }
  };
  mark(input.value);
  input.oninput = () => mark(input.value);
  return new Promise((resolve) => {
    let answer = null;
    remove.onclick = () => {
      answer = "remove";
      dialog.close();
    };
    document.getElementById("hint-cancel").onclick = () => dialog.close();
    dialog.onclose = () => resolve(dialog.returnValue === "ok" ? input.value : answer);
    dialog.returnValue = "";
    dialog.showModal();
  });
}
