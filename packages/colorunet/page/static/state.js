// State of all parts of the page: facts of the API, the photos, and the one that is shown.

export const state = {
  facts: null, // facts of the API
  photos: [],
  current: null,
};

export const byId = (id) => document.getElementById(id);

// The network of a photo: its name, palette and dials.
export function networkOf(photo) {
  const { networks } = state.facts;
  return networks.find(({ name }) => name === photo?.network) || networks[0];
}

export function plainDials(photo) {
  return Object.fromEntries(networkOf(photo).dials.map(({ name, start }) => [name, start]));
}

export const previewOf = (api, photo, version) =>
  photo.with((id) => api.preview(id, photo.look(version)));
