// The page: photos come in, one is shown, its look follows the dials, files go out.

import * as api from "./api.js";
import { toCss } from "./colors.js";
import { askColor } from "./hint_dialog.js";
import { Photo, PLAIN } from "./photo.js";
import * as stage from "./stage.js";
import { complain, say } from "./words.js";

const SENDING = 2; // photos at once
const LEAST_SHARE = 0.004; // of the picture, for a colour to be listed
const DIALS = {
  warmth: (value) => (value === 0 ? "neutral" : value < 0 ? `${-value} cooler` : `${value} warmer`),
  vividness: (value) => (value === 50 ? "balanced" : `${value} %`),
  saturation: (value) => `${value} %`,
};

const byId = (id) => document.getElementById(id);
const photos = [];
const queue = [];
let facts = null;
let current = null;
let sending = 0;
let drawing = false; // a preview is on its way
let stale = false; // and the look has changed since
let pinned = null; // a colour of the palette that stays highlighted
let sure = false; // the confidence map is shown

// Photos come in ------------------------------------------------------------------------------

function take(files) {
  for (const file of files) {
    if (file.size > facts.limits.upload_bytes) {
      const most = Math.round(facts.limits.upload_bytes / 2 ** 20);
      complain(`${file.name}: too large, ${Math.ceil(file.size / 2 ** 20)} MB; at most ${most} MB`);
      continue;
    }
    const photo = new Photo(file);
    photos.push(photo);
    queue.push(photo);
    if (!current) select(photo);
  }
  showStrip();
  pump();
}

function pump() {
  while (sending < SENDING && queue.length) {
    sending += 1;
    send(queue.shift()).finally(() => {
      sending -= 1;
      pump();
    });
  }
}

async function send(photo) {
  try {
    await photo.send();
    photo.grayUrl = URL.createObjectURL(await photo.with(api.gray));
    say(`${photo.name} is ready`);
    if (photo === current) await show();
    else setThumb(photo, await photo.with((id) => api.preview(id, photo.look(facts.saturation))));
  } catch (problem) {
    complain(`${photo.name}: ${problem.message}`);
    drop(photo);
  }
  showStrip();
}

function drop(photo) {
  const place = photos.indexOf(photo);
  if (place < 0) return;
  photos.splice(place, 1);
  photo.release();
  if (photo === current) select(photos[Math.min(place, photos.length - 1)] || null);
  showStrip();
}

// One is shown --------------------------------------------------------------------------------

function select(photo) {
  current = photo;
  pinned = null;
  setSure(false);
  byId("welcome").hidden = Boolean(photo);
  byId("editor").hidden = !photo;
  byId("add").hidden = !photo;
  stage.clear();
  byId("versions").replaceChildren();
  byId("show-versions").hidden = false;
  byId("palette").replaceChildren();
  if (!photo) return;
  show();
  showStrip();
}

async function show() {
  const photo = current;
  showDials();
  showHints();
  const ready = photo.state === "ready";
  for (const element of document.querySelectorAll(".panel input, .panel button, #split"))
    element.disabled = !ready && element.id !== "remove";
  byId("caption").textContent = photo.name;
  byId("save-words").textContent = "";
  if (!ready) return stage.setBusy("Looking at the photo…");
  const { width, height, notes } = photo.info;
  byId("caption").textContent = [`${photo.name}, ${width} × ${height}`, ...notes].join("; ");
  byId("save-words").textContent = `At its own size, ${width} × ${height}, in its own format.`;
  stage.setShape(width, height);
  if (photo.grayUrl) stage.showGray(photo.grayUrl, photo.name);
  return draw();
}

// The look changed: ask for a preview, and once more if it changed again meanwhile.
async function draw() {
  if (drawing) {
    stale = true;
    return;
  }
  drawing = true;
  do {
    stale = false;
    const photo = current;
    if (!photo || photo.state !== "ready") break;
    try {
      const blob = await photo.with((id) => api.preview(id, photo.look(facts.saturation)));
      if (photo !== current) {
        stale = true;
        continue;
      }
      await stage.showColor(blob, photo.name, facts.palette);
      stage.setBusy("");
      setThumb(photo, blob);
      showPalette();
    } catch (problem) {
      stage.setBusy("");
      complain(`${photo.name}: ${problem.message}`);
    }
  } while (stale);
  drawing = false;
}

function setThumb(photo, blob) {
  if (photo.thumbUrl) URL.revokeObjectURL(photo.thumbUrl);
  photo.thumbUrl = URL.createObjectURL(blob);
  const image = byId("strip").querySelector(`[data-number="${photos.indexOf(photo)}"] img`);
  if (image) image.src = photo.thumbUrl;
}

function showStrip() {
  byId("strip").replaceChildren(
    ...photos.map((photo, number) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.number = number;
      button.setAttribute("aria-label", photo.name);
      button.setAttribute("aria-current", photo === current);
      const image = document.createElement("img");
      image.alt = "";
      if (photo.thumbUrl) image.src = photo.thumbUrl;
      else image.hidden = true;
      image.onload = () => (image.hidden = false);
      button.append(image);
      button.addEventListener("click", () => photo !== current && select(photo));
      item.append(button);
      return item;
    }),
  );
  byId("strip").hidden = photos.length < 2;
  byId("for-all").hidden = photos.length < 2;
  const ready = photos.filter((photo) => photo.state === "ready").length;
  byId("save-all").hidden = photos.length < 2;
  byId("save-all").disabled = ready < 2;
  byId("save-all").textContent = `Download all ${photos.length}`;
}

// Dials ---------------------------------------------------------------------------------------

function showDials() {
  for (const [name, words] of Object.entries(DIALS)) {
    byId(name).value = current.dials[name];
    byId(`${name}-value`).textContent = words(current.dials[name]);
    byId(name).setAttribute("aria-valuetext", words(current.dials[name]));
  }
}

function turn(name) {
  current.dials[name] = Number(byId(name).value);
  showDials();
  draw();
}

// Palette -------------------------------------------------------------------------------------

function showPalette() {
  const listed = stage.shares().filter(({ share }) => share >= LEAST_SHARE);
  const focused = document.activeElement?.dataset?.bin;
  byId("palette").replaceChildren(
    ...listed.map(({ bin, share }) => {
      const button = document.createElement("button");
      const percent = share < 0.01 ? "under 1 %" : `${Math.round(100 * share)} %`;
      const css = toCss(0.58, facts.palette[bin]);
      button.type = "button";
      button.className = "swatch";
      button.dataset.bin = bin;
      button.title = `${percent} of the picture`;
      button.style.setProperty("--swatch", css);
      button.setAttribute("aria-label", `${css}, ${percent} of the picture; show where`);
      button.setAttribute("aria-pressed", bin === pinned);
      button.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && light(bin));
      button.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && light(pinned));
      button.addEventListener("focus", () => button.matches(":focus-visible") && light(bin));
      button.addEventListener("blur", () => light(pinned));
      button.addEventListener("click", () => pin(bin === pinned ? null : bin));
      return button;
    }),
  );
  if (focused !== undefined) byId("palette").querySelector(`[data-bin="${focused}"]`)?.focus();
  if (!sure) stage.showBin(pinned);
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

// Hints ---------------------------------------------------------------------------------------

async function addHint(x, y) {
  const photo = current;
  if (photo.hints.length >= facts.limits.hints) return complain("No more hints fit on one photo.");
  const color = await askColor(stage.colorAt(x, y), facts.palette, likely());
  if (!color || photo !== current) return undefined;
  const { width, height } = photo.info;
  photo.hints.push({ x: Math.floor(x * width), y: Math.floor(y * height), color });
  return changedHints("Hint added");
}

async function editHint(number) {
  const { width, height } = current.info;
  const hint = current.hints[number];
  const rgb = stage.colorAt((hint.x + 0.5) / width, (hint.y + 0.5) / height);
  const color = await askColor(rgb, facts.palette, likely(), { color: hint.color });
  if (color === "remove") current.hints.splice(number, 1);
  else if (color) hint.color = color;
  else return;
  changedHints(color === "remove" ? "Hint removed" : "Hint changed");
}

// The palette's colours that aren't gray, the picture's own first.
function likely() {
  const own = stage.shares().map(({ bin }) => bin);
  const others = facts.palette.map((_, bin) => bin).filter((bin) => !own.includes(bin));
  return [...own, ...others].filter((bin) => Math.hypot(...facts.palette[bin]) > 0.02).slice(0, 18);
}

function changedHints(words) {
  say(words);
  showHints();
  byId("versions").replaceChildren();
  byId("show-versions").hidden = false;
  draw();
}

function showHints() {
  byId("clear-hints").hidden = !current.hints.length;
  byId("hints").replaceChildren(
    ...current.hints.map((hint, number) => {
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
  if (current.info) stage.showMarkers(current.hints, current.info, editHint);
  else stage.showMarkers([], { width: 1, height: 1 }, editHint);
}

// Versions ------------------------------------------------------------------------------------

async function showVersions() {
  const photo = current;
  byId("show-versions").disabled = true;
  const numbers = [...Array(facts.versions).keys()];
  try {
    const blobs = [];
    for (const number of numbers)
      blobs.push(await photo.with((id) => api.preview(id, photo.look(facts.saturation, number))));
    if (photo !== current) return;
    byId("versions").replaceChildren(...blobs.map((blob, number) => versionChoice(blob, number)));
    byId("show-versions").hidden = true;
    byId("versions").querySelector(":checked")?.focus();
    say(`${blobs.length} versions`);
  } catch (problem) {
    complain(`${photo.name}: ${problem.message}`);
  } finally {
    byId("show-versions").disabled = false;
  }
}

function versionChoice(blob, number) {
  const label = document.createElement("label");
  const input = document.createElement("input");
  const image = document.createElement("img");
  const words = document.createElement("span");
  input.type = "radio";
  input.name = "version";
  input.checked = number === current.version;
  input.addEventListener("change", () => {
    current.version = number;
    draw();
  });
  image.src = URL.createObjectURL(blob);
  image.onload = () => URL.revokeObjectURL(image.src);
  image.alt = "";
  words.textContent = number ? `Version ${number + 1}` : "Likeliest";
  label.append(input, image, words);
  return label;
}

// Confidence ----------------------------------------------------------------------------------

function setSure(on) {
  sure = on;
  byId("confidence").setAttribute("aria-pressed", on);
  byId("confidence").textContent = on ? "Hide confidence" : "Show confidence";
  byId("legend").hidden = !on;
}

async function showConfidence() {
  const photo = current;
  try {
    const blob = await photo.with(api.confidence);
    if (photo === current && sure) await stage.showConfidence(blob);
  } catch (problem) {
    complain(`${photo.name}: ${problem.message}`);
  }
}

// Files go out --------------------------------------------------------------------------------

async function download(button, work) {
  const words = button.textContent;
  button.disabled = true;
  button.textContent = "Colouring at full size…";
  try {
    const { blob, name } = await work();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    say(`${name} is saved`);
  } catch (problem) {
    complain(problem.message);
  }
  button.textContent = words;
  button.disabled = false;
}

const saveOne = () =>
  download(byId("save"), () =>
    current.with((id) => api.coloredFile(id, current.look(facts.saturation))),
  );

async function saveAll() {
  const ready = photos.filter((photo) => photo.state === "ready");
  const listed = () =>
    ready.map((photo) => ({ id: photo.info.id, look: photo.look(facts.saturation) }));
  await download(byId("save-all"), async () => {
    try {
      return await api.archive(listed());
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      for (const photo of ready) await photo.send(); // some were forgotten
      return api.archive(listed());
    }
  });
}

// Everything that a person can touch ----------------------------------------------------------

function listen() {
  const files = byId("files");
  for (const id of ["choose", "add"]) byId(id).addEventListener("click", () => files.click());
  files.addEventListener("change", () => {
    take(files.files);
    files.value = "";
  });
  addEventListener("paste", (event) => {
    const pasted = [...event.clipboardData.files].filter((file) => file.type.startsWith("image/"));
    if (pasted.length) take(pasted);
  });
  let over = 0;
  const dragged = (event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragenter", (event) => {
    if (dragged(event)) byId("drop-here").hidden = ++over < 1;
  });
  addEventListener("dragleave", (event) => {
    if (dragged(event)) byId("drop-here").hidden = --over < 1;
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    over = 0;
    byId("drop-here").hidden = true;
    take(event.dataTransfer.files);
  });
  for (const name of Object.keys(DIALS)) {
    byId(name).addEventListener("input", () => turn(name));
    byId(name).addEventListener("dblclick", () => {
      byId(name).value = PLAIN[name];
      turn(name);
    });
  }
  byId("reset").addEventListener("click", () => {
    current.dials = { ...PLAIN };
    showDials();
    draw();
  });
  byId("for-all").addEventListener("click", () => {
    for (const photo of photos) photo.dials = { ...current.dials };
    say("All photos look like this one");
  });
  byId("clear-hints").addEventListener("click", () => {
    current.hints = [];
    changedHints("All hints removed");
    byId("place-hint").focus();
  });
  byId("place-hint").addEventListener("click", () => stage.aim(addHint));
  byId("show-versions").addEventListener("click", showVersions);
  byId("confidence").addEventListener("click", () => {
    setSure(!sure);
    if (sure) showConfidence();
    else stage.showBin(pinned);
  });
  byId("save").addEventListener("click", saveOne);
  byId("save-all").addEventListener("click", saveAll);
  byId("remove").addEventListener("click", () => drop(current));
  stage.start(addHint);
}

async function start() {
  try {
    facts = await api.about();
  } catch (problem) {
    complain(problem.message);
    return;
  }
  const most = Math.round(facts.limits.upload_bytes / 2 ** 20);
  const pixels = Math.round(facts.limits.pixels / 1e6);
  byId("limits").textContent = `JPEG, PNG, TIFF, WebP and more; up to ${most} MB and ${pixels} megapixels each`;
  listen();
  document.body.dataset.ready = "true";
}

start();
