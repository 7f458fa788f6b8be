// The page: photos come in, one is shown, its look follows the dials, files go out.

import * as api from "./api.js";
import { makeDials, resetDials, showDials } from "./dials.js";
import { showHints, startHints } from "./hints.js";
import { clearPalette, showPalette, toggleConfidence } from "./palette.js";
import { Photo } from "./photo.js";
import { showReference, startReference } from "./reference.js";
import { saveAll, saveOne } from "./saving.js";
import * as stage from "./stage.js";
import { byId, networkOf, previewOf, state } from "./state.js";
import { clearVersions, startVersions } from "./versions.js";
import { complain, say } from "./words.js";

const SENDING = 2; // photos at once
const { photos } = state;
const queue = [];
let sending = 0;
let drawing = false; // a preview is on its way
let stale = false; // and the look has changed since

// Adding photos -------------------------------------------------------------------------------

function take(files) {
  const { upload_bytes: limit } = state.facts.limits;
  for (const file of files) {
    if (file.size > limit) {
      const [given, most] = [Math.ceil(file.size / 2 ** 20), Math.round(limit / 2 ** 20)];
      complain(`${file.name}: too large, ${given} MB; at most ${most} MB`);
      continue;
    }
    const photo = new Photo(file, networkOf(state.current).name);
    photos.push(photo);
    queue.push(photo);
    if (!state.current) select(photo);
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
    if (photo.grayUrl) URL.revokeObjectURL(photo.grayUrl);
    photo.grayUrl = URL.createObjectURL(await photo.with(api.gray));
    say(`${photo.name} is ready`);
    if (photo === state.current) await show();
    else setThumb(photo, await previewOf(api, photo));
  } catch (problem) {
    complain(`${photo.name}: ${problem.message}`);
    drop(photo);
  }
  showStrip();
}

async function takeSample() {
  try {
    const answer = await fetch("static/sample.jpg");
    take([new File([await answer.blob()], "sample.jpg", { type: "image/jpeg" })]);
  } catch {
    complain("The sample photo can't be loaded.");
  }
}

// Run another network on a photo; the dials start at its own settings.
function resend(photo) {
  photo.state = "waiting";
  photo.version = 0;
  queue.push(photo);
  makeDials(draw);
  resetDials();
  clearVersions();
  clearPalette();
  show();
  pump();
}

function drop(photo) {
  const place = photos.indexOf(photo);
  if (place < 0) return;
  photos.splice(place, 1);
  photo.release();
  if (photo === state.current) select(photos[Math.min(place, photos.length - 1)] || null);
  showStrip();
}

// Showing a photo -----------------------------------------------------------------------------

function select(photo) {
  state.current = photo;
  clearPalette();
  byId("welcome").hidden = Boolean(photo);
  byId("editor").hidden = !photo;
  byId("add").hidden = !photo;
  stage.clear();
  clearVersions();
  if (!photo) return;
  makeDials(draw);
  show();
  showStrip();
}

async function show() {
  const photo = state.current;
  showDials();
  showHints();
  showReference();
  const ready = photo.state === "ready";
  for (const element of document.querySelectorAll(".panel input, .panel button, .panel select, #split"))
    element.disabled = !ready && element.id !== "remove";
  byId("caption").textContent = photo.name;
  byId("save-words").textContent = "";
  if (!ready) {
    stage.setBusy("Looking at the photo…");
    return;
  }
  const { width, height, notes } = photo.info;
  byId("caption").textContent = [`${photo.name}, ${width} × ${height}`, ...notes].join("; ");
  byId("save-words").textContent = `${width} × ${height}, ${state.facts.words.file}`;
  stage.setShape(width, height);
  if (photo.grayUrl) stage.showGray(photo.grayUrl, photo.name);
  await draw();
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
    const photo = state.current;
    if (!photo || photo.state !== "ready") break;
    try {
      const blob = await previewOf(api, photo);
      if (photo !== state.current || photo.state !== "ready") {
        stale = true;
        continue;
      }
      await stage.showColor(blob, photo.name, networkOf(photo).palette);
      stage.setBusy("");
      setThumb(photo, blob);
      showPalette();
    } catch (problem) {
      // A picture that is cleared while it is decoded ends in an error too.
      if (photo !== state.current) continue;
      stage.setBusy("");
      complain(`${photo.name}: ${problem.message}`);
    }
  } while (stale);
  drawing = false;
}

function drawAnew() {
  clearVersions();
  draw();
}

function setThumb(photo, blob) {
  if (photo.thumbUrl) URL.revokeObjectURL(photo.thumbUrl);
  photo.thumbUrl = URL.createObjectURL(blob);
  const image = byId("strip").querySelector(`[data-number="${photos.indexOf(photo)}"] img`);
  if (image) image.src = photo.thumbUrl;
}

function showStrip() {
  byId("strip").replaceChildren(...photos.map(stripItem));
  byId("strip").hidden = photos.length < 2;
  byId("for-all").hidden = photos.length < 2;
  const ready = photos.filter((photo) => photo.state === "ready").length;
  byId("save-all").hidden = photos.length < 2;
  byId("save-all").disabled = ready < 2;
  byId("save-all").textContent = `Download all ${photos.length}`;
}

function stripItem(photo, number) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.number = number;
  button.setAttribute("aria-label", photo.name);
  button.setAttribute("aria-current", photo === state.current);
  const image = document.createElement("img");
  image.alt = "";
  if (photo.thumbUrl) image.src = photo.thumbUrl;
  else image.hidden = true;
  image.onload = () => (image.hidden = false);
  button.append(image);
  button.addEventListener("click", () => photo !== state.current && select(photo));
  item.append(button);
  return item;
}

// Controls ------------------------------------------------------------------------------------

function listenForFiles() {
  const files = byId("files");
  for (const id of ["choose", "add"]) byId(id).addEventListener("click", () => files.click());
  byId("sample").addEventListener("click", takeSample);
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
}

function listen() {
  listenForFiles();
  startHints(drawAnew);
  startVersions(draw);
  startReference(drawAnew, resend);
  byId("reset").addEventListener("click", () => {
    resetDials();
    draw();
  });
  byId("for-all").addEventListener("click", () => {
    for (const photo of photos) photo.dials = { ...state.current.dials };
    say("All photos look like this one");
  });
  byId("confidence").addEventListener("click", toggleConfidence);
  byId("save").addEventListener("click", saveOne);
  byId("save-all").addEventListener("click", saveAll);
  byId("remove").addEventListener("click", () => drop(state.current));
}

async function start() {
  try {
    state.facts = await api.about();
  } catch (problem) {
    complain(problem.message);
    return;
  }
  const { limits, words } = state.facts;
  const [most, pixels] = [Math.round(limits.upload_bytes / 2 ** 20), Math.round(limits.pixels / 1e6)];
  byId("limits").textContent = `${words.formats}; up to ${most} MB and ${pixels} megapixels each`;
  byId("privacy").textContent = words.privacy;
  listen();
  document.body.dataset.ready = "true";
}

start();
