// Browsers let a page that is opened from a folder load neither modules nor a network: say so.

if (location.protocol === "file:") {
  const line = document.createElement("p");
  line.textContent =
    "Opened from a folder, this page may not load its own parts: browsers forbid it. In its folder run “python3 -m http.server” and open http://localhost:8000, or put the folder on any web host.";
  document.getElementById("messages").append(line);
}
