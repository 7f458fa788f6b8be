// A photo of the page: its file, its look, and its place in the server, which may forget it.

import * as api from "./api.js";

export const PLAIN = { warmth: 0, vividness: 50, saturation: 100 };

export class Photo {
  constructor(file) {
    this.file = file;
    this.name = file.name || "pasted.png";
    this.dials = { ...PLAIN };
    this.hints = []; // {x, y, color} in pixels of the photo
    this.version = 0; // 0 is the network's own
    this.state = "waiting"; // then "ready" or "failed"
    this.info = null; // what the server says of it
    this.grayUrl = null;
    this.thumbUrl = null;
  }

  // What the API calls a look; `own` is the network's own saturation.
  look(own, version = this.version) {
    const look = {
      warmth: this.dials.warmth / 100,
      vividness: this.dials.vividness / 100,
      saturation: (own * this.dials.saturation) / 100,
    };
    if (this.hints.length) look.hints = this.hints;
    if (version) look.version = version;
    return look;
  }

  async send() {
    this.info = await api.addPhoto(this.file);
    this.state = "ready";
  }

  // Do something with the photo's id; a photo that the server forgot is sent again.
  async with(work) {
    try {
      return await work(this.info.id);
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      await this.send();
      return work(this.info.id);
    }
  }

  release() {
    for (const url of [this.grayUrl, this.thumbUrl]) if (url) URL.revokeObjectURL(url);
    if (this.info) api.forget(this.info.id);
  }
}
