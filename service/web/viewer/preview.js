/** A film at a screen's size, as the service sends it: `GET v1/results/{id}/preview`. */

import { sizeAt } from "./film.js";
import { unpacked } from "./packed_pixels.js";

const WORDS = 3;

/** Return {view, pixels, maps, derived}, as a viewer shows it. */
export async function previewOf(buffer) {
  const head = new DataView(buffer, 0, 4 * WORDS);
  const [viewSize, mapsSize, reach] = Array.from({ length: WORDS }, (_, word) => head.getUint32(4 * word, true));
  const mapsStart = 4 * WORDS + viewSize;
  const view = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4 * WORDS, viewSize)));
  const pixels = await unpacked(new Uint8Array(buffer, mapsStart + mapsSize), sizeAt(reach, view));
  return { view, pixels, maps: view.maps && new Uint8Array(buffer, mapsStart, mapsSize), derived: { reach } };
}
