// The picture: gray and colour under one divider, overlays, and the places of hints.

import { nearestBins, rampColor } from "./colors.js";

const SMALL_PX = 320; // the palette is looked for in a small copy
const MARGIN = 10; // percent of the width that are shown beside an uncovered place

const stage = document.getElementById("stage");
const colorImage = document.getElementById("color");
const grayImage = document.getElementById("gray");
const overlay = document.getElementById("overlay");
const split = document.getElementById("split");
const divider = document.getElementById("divider");
const markers = document.getElementById("markers");

let colorUrl = null;
let small = null; // {width, height, bins, pixels} of the picture that is shown

export function setBusy(words) {
  document.getElementById("busy").hidden = !words;
  document.getElementById("busy-words").textContent = words || "";
  stage.classList.toggle("waiting", Boolean(words));
}

export function setShape(width, height) {
  const figure = document.getElementById("figure"); // whose rules work out the width from these
  figure.style.setProperty("--aspect", width / height);
  figure.style.setProperty("--natural", `${width}px`);
}

export function clear() {
  colorImage.removeAttribute("src");
  grayImage.removeAttribute("src");
  small = null;
  drawOver(null);
}

export function showGray(url, name) {
  grayImage.src = url;
  grayImage.alt = `${name}, gray`;
}

export async function showColor(blob, name, palette) {
  const url = URL.createObjectURL(blob);
  colorImage.src = url;
  await colorImage.decode();
  if (colorUrl) URL.revokeObjectURL(colorUrl);
  colorUrl = url;
  colorImage.alt = `${name}, in colour`;
  const scale = Math.min(1, SMALL_PX / Math.max(colorImage.naturalWidth, colorImage.naturalHeight));
  const width = Math.max(1, Math.round(colorImage.naturalWidth * scale));
  const height = Math.max(1, Math.round(colorImage.naturalHeight * scale));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(colorImage, 0, 0, width, height);
  const pixels = context.getImageData(0, 0, width, height).data;
  small = { width, height, pixels, bins: nearestBins(pixels, palette) };
}

// How much of the picture each colour of the palette takes, the most first.
export function shares() {
  if (!small) return [];
  const counts = new Map();
  for (const bin of small.bins) counts.set(bin, (counts.get(bin) || 0) + 1);
  return [...counts]
    .map(([bin, count]) => ({ bin, share: count / small.bins.length }))
    .sort((a, b) => b.share - a.share);
}

// The shown colour of a place given in shares of the picture.
export function colorAt(x, y) {
  if (!small) return [128, 128, 128];
  const column = Math.min(small.width - 1, Math.floor(x * small.width));
  const row = Math.min(small.height - 1, Math.floor(y * small.height));
  const at = 4 * (row * small.width + column);
  return [...small.pixels.slice(at, at + 3)];
}

export function showBin(bin) {
  if (bin === null || !small) return drawOver(null);
  return drawOver(small.width, small.height, (at) =>
    small.bins[at] === bin ? [0, 0, 0, 0] : [18, 18, 18, 205],
  );
}

export async function showConfidence(blob) {
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  drawOver(bitmap.width, bitmap.height, (at) => [...rampColor(data[4 * at] / 255), 205]);
}

export const hideOverlay = () => drawOver(null);

function drawOver(width, height, rgbaAt) {
  stage.classList.toggle("masked", width !== null);
  overlay.hidden = width === null;
  if (width === null) return;
  overlay.width = width;
  overlay.height = height;
  const image = new ImageData(width, height);
  for (let at = 0; at < width * height; at += 1) image.data.set(rgbaAt(at), 4 * at);
  overlay.getContext("2d").putImageData(image, 0, 0);
}

// Markers of hints, each a button at its place.
export function showMarkers(hints, size, edit) {
  const focused = [...markers.children].indexOf(document.activeElement);
  markers.replaceChildren(
    ...hints.map((hint, number) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "marker";
      place(button, (hint.x + 0.5) / size.width, (hint.y + 0.5) / size.height);
      button.style.setProperty("--hint", hint.color);
      button.setAttribute("aria-label", `Hint ${number + 1}: ${hint.color}; change or remove it`);
      button.addEventListener("click", () => edit(number));
      return button;
    }),
  );
  if (focused >= 0) markers.children[Math.min(focused, hints.length - 1)]?.focus();
}

// A crosshair for the keyboard; `choose` gets the place, in shares of the picture.
export function aim(choose) {
  let [x, y] = [0.5, 0.5];
  const cross = document.createElement("button");
  cross.type = "button";
  cross.className = "marker aim";
  cross.setAttribute("aria-label", "Crosshair in the middle; arrow keys move it, Enter chooses");
  const leave = () => cross.remove();
  cross.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 0.1 : 0.01;
    const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
    if (event.key in moves) {
      event.preventDefault();
      x = Math.min(0.999, Math.max(0, x + moves[event.key][0]));
      y = Math.min(0.999, Math.max(0, y + moves[event.key][1]));
      place(cross, x, y);
      cross.setAttribute("aria-label", `${Math.round(x * 100)} % across, ${Math.round(y * 100)} % down`);
    } else if (event.key === "Escape") {
      leave();
      document.getElementById("place-hint").focus();
    }
  });
  cross.addEventListener("click", () => {
    leave();
    choose(x, y);
  });
  cross.addEventListener("blur", () => setTimeout(leave));
  place(cross, x, y);
  markers.append(cross);
  cross.focus();
}

function place(element, x, y) {
  element.style.left = `${100 * x}%`;
  element.style.top = `${100 * y}%`;
}

// Move the divider off a place that lies under the gray half, so that its colour is seen.
export function uncover(x) {
  if (100 * x > Number(split.value)) return;
  split.value = Math.max(0, Math.floor(100 * x) - MARGIN);
  showSplit();
}

const showSplit = () => stage.style.setProperty("--split", `${split.value}%`);

// The divider: by its slider, and by hand on the picture. A click elsewhere is a place for a hint.
export function start(choose) {
  split.addEventListener("input", showSplit);
  showSplit();
  const share = (event) => {
    const box = stage.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    split.value = 100 * Math.min(1, Math.max(0, share(event)[0]));
    showSplit();
  });
  stage.addEventListener("click", (event) => {
    if (event.target.closest("button, #divider") || stage.classList.contains("waiting")) return;
    const [x, y] = share(event);
    choose(Math.min(0.9999, Math.max(0, x)), Math.min(0.9999, Math.max(0, y)));
  });
}
