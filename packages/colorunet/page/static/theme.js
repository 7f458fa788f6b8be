// The theme: as the system has it, or as the user chose. Loaded first, so that nothing flashes.
(() => {
  const ORDER = ["system", "light", "dark"];
  const SIGNS = { system: "◐", light: "☀", dark: "☾" };
  const WORDS = { system: "as the system", light: "light", dark: "dark" };
  const kept = () => {
    try {
      const theme = localStorage.getItem("theme");
      return ORDER.includes(theme) ? theme : "system";
    } catch {
      return "system"; // a browser without local storage
    }
  };
  let theme = kept();
  const show = () => {
    document.documentElement.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (!button) return;
    button.textContent = SIGNS[theme];
    button.setAttribute("aria-label", `Theme: ${WORDS[theme]}`);
    button.title = `Theme: ${WORDS[theme]}`;
  };
  show();
  addEventListener("DOMContentLoaded", () => {
    show();
    document.getElementById("theme").addEventListener("click", () => {
      theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
      try {
        localStorage.setItem("theme", theme);
      } catch {
        // it holds until the page is closed
      }
      show();
    });
  });
})();
