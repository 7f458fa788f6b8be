// BT.601 Y'UV, and which colour of the palette each pixel of a picture is nearest to.

export function toUv(red, green, blue) {
  const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
  return [(0.492 * (blue - luma)) / 255, (0.877 * (red - luma)) / 255];
}

export function toCss(luma, [u, v]) {
  const channels = [luma + 1.14 * v, luma - 0.395 * u - 0.581 * v, luma + 2.033 * u];
  const level = (part) => Math.round(255 * Math.min(1, Math.max(0, part)));
  return `#${channels.map((part) => level(part).toString(16).padStart(2, "0")).join("")}`;
}

export function nearestBins(pixels, palette) {
  const bins = new Uint8Array(pixels.length / 4);
  for (let at = 0; at < bins.length; at += 1) {
    const [u, v] = toUv(pixels[4 * at], pixels[4 * at + 1], pixels[4 * at + 2]);
    let best = Infinity;
    for (let bin = 0; bin < palette.length; bin += 1) {
      const apart = (palette[bin][0] - u) ** 2 + (palette[bin][1] - v) ** 2;
      if (apart < best) {
        best = apart;
        bins[at] = bin;
      }
    }
  }
  return bins;
}

const RAMP = [[70, 8, 92], [31, 147, 139], [253, 231, 37]];

export function rampColor(share) {
  const place = Math.min(1.999, share * 2);
  const [low, high] = RAMP.slice(Math.floor(place));
  return low.map((part, channel) => part + (high[channel] - part) * (place % 1));
}
