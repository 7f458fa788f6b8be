// The sliders, made from the table of dials that the API sends.

import { byId, networkOf, plainDials, state } from "./state.js";

const percent = (value) => `${Math.round(100 * value)} %`;
const WORDS = {
  warmth: (value) => (value === 0 ? "neutral" : value < 0 ? `${percent(-value)} cooler` : `${percent(value)} warmer`),
  saturation: (value, start) => (start ? percent(value / start) : percent(value)),
};
const STEPS = 40;

// Make the sliders of the shown photo's network; `turned` is called once a value has changed.
export function makeDials(turned) {
  byId("dials").replaceChildren(
    ...networkOf(state.current).dials.map((dial) => {
      const row = document.createElement("div");
      row.className = "dial";
      const label = document.createElement("label");
      label.htmlFor = dial.name;
      label.textContent = dial.label;
      label.title = dial.help;
      const value = document.createElement("output");
      value.id = `${dial.name}-value`;
      value.htmlFor = dial.name;
      const input = document.createElement("input");
      input.type = "range";
      input.id = dial.name;
      input.title = dial.help;
      input.min = dial.low;
      input.max = dial.high;
      input.step = (dial.high - dial.low) / STEPS;
      input.addEventListener("input", () => turn(dial.name, Number(input.value), turned));
      input.addEventListener("dblclick", () => turn(dial.name, dial.start, turned));
      row.append(label, value, input);
      return row;
    }),
  );
}

function turn(name, value, turned) {
  state.current.dials[name] = value;
  showDials();
  turned();
}

export function showDials() {
  for (const { name, start } of networkOf(state.current).dials) {
    const value = state.current.dials[name];
    const words = (WORDS[name] || percent)(value, start);
    byId(name).value = value;
    byId(`${name}-value`).textContent = words;
    byId(name).setAttribute("aria-valuetext", words);
  }
}

export function resetDials() {
  state.current.dials = plainDials(state.current);
  showDials();
}
