/**
 * Viewers that are ready: the graphics context of a new one, and its programs, take longer than
 * showing a film.
 */

import { filmOf } from "./film.js";
import { Viewer } from "./viewer.js";

const KEPT = 2;
const MOST_REDUCED = 1 / 4; // of a film on a screen
const idle = [];
let limit = null; // longest side that the graphics card can show

/** Return {canvas, viewer} that shows nothing. Throws an Error with code `no_webgl`. */
export function takeViewer() {
  const ready = idle.pop();
  if (ready) return ready;
  const canvas = document.createElement("canvas");
  const viewer = new Viewer(canvas);
  limit = viewer.limit;
  return { canvas, viewer };
}

/** Work out what a viewer will need of a film that is not shown yet. */
export function prepare({ view, pixels, maps, derived }) {
  if (limit === null) return;
  const film = filmOf(view, pixels, maps, limit, derived);
  film.pyramid.levelFor(MOST_REDUCED);
  film.findLetters();
}

/** Take a viewer back that is no longer needed; it forgets its film at once. */
export function giveBack({ canvas, viewer }) {
  canvas.remove();
  if (viewer.lost || idle.length >= KEPT) {
    viewer.close();
    return;
  }
  viewer.clear();
  idle.push({ canvas, viewer });
}
