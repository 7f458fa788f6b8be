// The colours of the shown picture as swatches, and the map of confidence.

import * as api from "./api.js";
import { toCss } from "./colors.js";
import * as stage from "./stage.js";
import { byId, networkOf, state } from "./state.js";
import { complain } from "./words.js";

const LEAST_SHARE = 0.004; // of the picture, for a colour to be listed
let pinned = null; // a colour that stays highlighted
let sure = false; // the map of confidence is shown

export function clearPalette() {
  pinned = null;
  setSure(false);
  byId("palette").replaceChildren();
}

export function showPalette() {
  const { palette } = networkOf(state.current);
  const listed = stage.shares().filter(({ share }) => share >= LEAST_SHARE);
  const focused = document.activeElement?.dataset?.bin;
  byId("palette").replaceChildren(...listed.map(({ bin, share }) => swatch(bin, share, palette)));
  if (focused !== undefined) byId("palette").querySelector(`[data-bin="${focused}"]`)?.focus();
  if (!sure) stage.showBin(pinned);
}

function swatch(bin, share, palette) {
  const button = document.createElement("button");
  const percent = share < 0.01 ? "under 1 %" : `${Math.round(100 * share)} %`;
  const css = toCss(0.58, palette[bin]);
  button.type = "button";
  button.className = "swatch";
  button.dataset.bin = bin;
  button.title = `${percent} of the picture`;
  button.style.setProperty("--swatch", css);
  button.setAttribute("aria-label", `${css}, ${percent} of the picture; show where`);
  button.setAttribute("aria-pressed", bin === pinned);
  const byMouse = (shown) => (event) => event.pointerType === "mouse" && light(shown());
  button.addEventListener("pointerenter", byMouse(() => bin));
  button.addEventListener("pointerleave", byMouse(() => pinned));
  button.addEventListener("focus", () => button.matches(":focus-visible") && light(bin));
  button.addEventListener("blur", () => light(pinned));
  button.addEventListener("click", () => pin(bin === pinned ? null : bin));
  return button;
}

function light(bin) {
  if (bin !== null || !sure) stage.showBin(bin);
  else showConfidence();
}

function pin(bin) {
  pinned = bin;
  for (const button of byId("palette").children)
    button.setAttribute("aria-pressed", Number(button.dataset.bin) === pinned);
  light(bin);
}

function setSure(on) {
  sure = on;
  byId("confidence").setAttribute("aria-pressed", on);
  byId("confidence").textContent = on ? "Hide confidence" : "Show confidence";
  byId("legend").hidden = !on;
}

export function toggleConfidence() {
  setSure(!sure);
  if (sure) showConfidence();
  else stage.showBin(pinned);
}

async function showConfidence() {
  const photo = state.current;
  try {
    const blob = await photo.with(api.confidence);
    if (photo === state.current && sure) await stage.showConfidence(blob);
  } catch (problem) {
    complain(`${photo.name}: ${problem.message}`);
  }
}
