// Messages of the page: errors, which stay until they're closed, and text for screen readers.

const messages = document.getElementById("messages");
const status = document.getElementById("status");
const MOST = 4;

export function complain(text) {
  const line = document.createElement("p");
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.textContent = "✕";
  close.setAttribute("aria-label", "Close this message");
  close.addEventListener("click", () => line.remove());
  line.append(words, close);
  messages.append(line);
  while (messages.children.length > MOST) messages.firstChild.remove();
}

export function say(text) {
  status.textContent = text;
}
