"use strict";
// Tables that sort and pictures that enlarge; without it everything still stands on the page.
const numbered = (text) => {
  const found = text.replace(/[,\u202f]/g, "").replace(/\u2212/g, "-").match(/^[^\d-]{0,3}([+-]?\d+(\.\d+)?)/);
  return found ? Number(found[1]) : NaN;
};
const compare = (a, b) => {
  const [x, y] = [numbered(a), numbered(b)];
  if (!isNaN(x) && !isNaN(y)) return x - y;
  return isNaN(x) - isNaN(y) || a.localeCompare(b);
};
for (const table of document.querySelectorAll("table")) {
  const heads = [...table.querySelectorAll("thead th")];
  const body = table.tBodies[0];
  if (body.rows.length < 2) continue;
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    if (!button.textContent) button.ariaLabel = "first column";
    head.append(button);
    button.addEventListener("click", () => {
      const sign = head.ariaSort === "ascending" ? -1 : 1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.ariaSort = sign > 0 ? "ascending" : "descending";
      const text = (row) => row.cells[column].textContent.trim();
      body.append(...[...body.rows].sort((a, b) => sign * compare(text(a), text(b))));
    });
  });
}
const viewer = document.getElementById("viewer");
const pictures = [...document.querySelectorAll("figure.picture")];
let at = 0;
const show = (number) => {
  at = (number + pictures.length) % pictures.length;
  const [from, to] = [pictures[at].querySelector("img"), viewer.querySelector("img")];
  to.src = from.src;
  to.alt = from.alt;
  to.className = from.className;
  viewer.querySelector("p").textContent = pictures[at].querySelector("figcaption").textContent;
};
pictures.forEach((picture, number) => {
  picture.querySelector("button").addEventListener("click", () => {
    show(number);
    viewer.showModal();
  });
});
viewer.addEventListener("click", () => viewer.close());
viewer.addEventListener("keydown", (event) => {
  if (event.key === "ArrowRight") show(at + 1);
  if (event.key === "ArrowLeft") show(at - 1);
});
