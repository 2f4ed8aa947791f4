/** A thread of its own for what takes long of a whole film: the page goes on meanwhile. */

import { highestOf, ofFilm } from "./histogram.js";
import { unpacked } from "./packed_pixels.js";
import { Pyramid } from "./pyramid.js";

const ANY_LIMIT = Infinity; // levels are the same whatever a graphics card can show
const SMALLEST_SCALE = 1 / 4; // of a film on a screen

addEventListener("message", async ({ data: { number, packed, size } }) => {
  try {
    const pixels = await unpacked(new Uint8Array(packed), size);
    const counts = ofFilm(pixels);
    const pyramid = new Pyramid({ pixels, reach: 1, ...size }, highestOf(counts), ANY_LIMIT);
    pyramid.levelFor(SMALLEST_SCALE);
    const { halves } = pyramid;
    const given = [pixels, counts, ...halves.map(({ values }) => values)].map(({ buffer }) => buffer);
    postMessage({ number, film: { pixels, derived: { reach: 1, counts, halves } } }, { transfer: given });
  } catch (error) {
    postMessage({ number, reason: String(error) });
  }
});
