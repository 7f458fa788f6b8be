// A photo of the page: its file, its look, and its id at the API, where it may expire.

import * as api from "./api.js";
import { plainDials } from "./state.js";

export class Photo {
  constructor(file, network) {
    this.file = file;
    this.name = file.name || "pasted.png";
    this.network = network;
    this.dials = plainDials(this);
    this.hints = []; // {x, y, color} in pixels of the photo
    this.reference = null; // the file of a photo whose colours are a prior
    this.version = 0; // 0 is the network's own
    this.state = "waiting"; // then "ready"
    this.info = null; // its facts from the API
    this.grayUrl = null;
    this.thumbUrl = null;
  }

  // What the API calls a look.
  look(version = this.version) {
    const look = { ...this.dials };
    if (this.hints.length) look.hints = this.hints;
    if (version) look.version = version;
    return look;
  }

  async send() {
    const before = this.info?.id;
    this.info = await api.addPhoto(this.file, this.network);
    if (before) api.forget(before);
    if (this.reference) await api.setReference(this.info.id, this.reference);
    this.state = "ready";
  }

  // Do something with the photo's id; a photo that expired on the server is sent again.
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
