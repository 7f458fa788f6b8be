// Hints: added on the picture, listed, changed and removed.

import { askColor } from "./hint_dialog.js";
import * as stage from "./stage.js";
import { byId, networkOf, state } from "./state.js";
import { complain, say } from "./words.js";

let changed = () => {}; // called when the hints have changed

export function startHints(onChange) {
  changed = onChange;
  byId("clear-hints").addEventListener("click", () => {
    state.current.hints = [];
    tell("All hints removed");
    byId("place-hint").focus();
  });
  byId("place-hint").addEventListener("click", () => stage.aim(addHint));
  stage.start(addHint);
}

async function addHint(x, y) {
  const photo = state.current;
  if (photo.hints.length >= state.facts.limits.hints) {
    complain("No more hints fit on one photo.");
    return;
  }
  const color = await askColor(stage.colorAt(x, y), networkOf(photo).palette, likely());
  if (!color || photo !== state.current) return;
  const { width, height } = photo.info;
  photo.hints.push({ x: Math.floor(x * width), y: Math.floor(y * height), color });
  stage.uncover(x);
  tell("Hint added");
}

async function editHint(number) {
  const photo = state.current;
  const { width, height } = photo.info;
  const hint = photo.hints[number];
  const [x, y] = [(hint.x + 0.5) / width, (hint.y + 0.5) / height];
  const color = await askColor(stage.colorAt(x, y), networkOf(photo).palette, likely(), hint);
  if (color === "remove") photo.hints.splice(number, 1);
  else if (color) hint.color = color;
  else return;
  stage.uncover(x);
  tell(color === "remove" ? "Hint removed" : "Hint changed");
}

// The palette's colours that aren't gray, the picture's own first.
function likely() {
  const { palette } = networkOf(state.current);
  const own = stage.shares().map(({ bin }) => bin);
  const others = palette.map((_, bin) => bin).filter((bin) => !own.includes(bin));
  return [...own, ...others].filter((bin) => Math.hypot(...palette[bin]) > 0.02).slice(0, 18);
}

function tell(words) {
  say(words);
  showHints();
  changed();
}

export function showHints() {
  const { hints, info } = state.current;
  byId("clear-hints").hidden = !hints.length;
  byId("hints").replaceChildren(
    ...hints.map((hint, number) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      const dot = document.createElement("i");
      button.type = "button";
      button.style.setProperty("--hint", hint.color);
      button.append(dot, hint.color);
      button.setAttribute("aria-label", `Hint ${number + 1}, ${hint.color}: change or remove it`);
      button.addEventListener("click", () => editHint(number));
      item.append(button);
      return item;
    }),
  );
  stage.showMarkers(info ? hints : [], info || { width: 1, height: 1 }, editHint);
}
