/** A film with what the viewer derives from it: pyramid, presets, zones. */

import { highestOf, ofFilm } from "./histogram.js";
import { lettersOf } from "./letters.js";
import { Pyramid } from "./pyramid.js";
import { presetsOf } from "./presets.js";
import { believedSpacing } from "./spacing.js";
import { lungsOf, zonesOf } from "./zones.js";

/**
 * @typedef {object} View  Document of GET /v1/results/{id}/view: rows, columns, slope, intercept
 *   (value = stored * slope + intercept), inverted (low values are white), windows, lut,
 *   spacing_mm, spacing_origin, maps.
 */

/**
 * @typedef {object} Derived  What is known of pixels.
 * @property {number} reach film pixels that each of them spans each way: 1 but of a preview
 * @property {Uint32Array} [counts] how often each stored value occurs
 * @property {object[]} [halves] levels of their pyramid
 */
const WHOLE = Object.freeze({ reach: 1 });

/** Return the rows and columns of a film's preview, of the film itself where `reach` is 1. */
export const sizeAt = (reach, { rows, columns }) => ({ rows: Math.ceil(rows / reach), columns: Math.ceil(columns / reach) });

class Film {
  #letters = null;

  /**
   * @param {View} view
   * @param {Uint16Array} pixels rows * columns stored values, upright; fewer of a preview
   * @param {Uint8Array|null} maps planes of opacity, patient's right lung, left lung; 0-255
   * @param {number} limit longest side that the graphics card can show
   * @param {Derived} derived
   */
  constructor(view, pixels, maps, limit, { reach, counts = ofFilm(pixels), halves }) {
    const finest = { pixels, reach, ...sizeAt(reach, view) };
    this.view = view;
    this.pixels = pixels;
    /** Whether these are all of its pixels: one of a preview has no value that the film has. */
    this.isWhole = reach === 1;
    this.maps = maps && view.maps ? maps : null;
    this.pyramid = new Pyramid(finest, highestOf(counts), limit, halves);
    this.lut = view.lut && { first: view.lut.first, values: bytesOf(view.lut.values) };
    this.zones = this.maps ? zonesOf(maps, view.maps, view) : [];
    this.lungs = lungsOf(this.zones);
    this.spacing = believedSpacing(view, this.lungs);
    this.presets = presetsOf({ view, finest, maps: this.maps, counts });
  }

  /** Where letters may be burned in: rectangles {left, top, right, bottom} in film pixels. */
  get letters() {
    this.findLetters();
    return this.#letters;
  }

  /** Find the letters now, unless that was done. */
  findLetters() {
    this.#letters ??= lettersOf(this.pyramid, this.view);
  }

  /** Take over what a preview of this film found out, so that nothing that stands there moves. */
  follow(preview) {
    if (!preview.isWhole) this.#letters = preview.#letters;
  }

  /** The smallest step between two modality values. */
  get step() {
    return Math.abs(this.view.slope);
  }

  /** The window over the values that the film uses. */
  get range() {
    return this.presets.find(({ key }) => key === "automatic").window;
  }

  /** Return the modality value at film pixels (x, y), null beside the film, and of a preview. */
  valueAt(x, y) {
    const { rows, columns, slope, intercept } = this.view;
    if (!this.isWhole || !(x >= 0 && y >= 0 && x < columns && y < rows)) return null;
    return this.pixels[Math.floor(y) * columns + Math.floor(x)] * slope + intercept;
  }
}

const known = new WeakMap(); // by pixels: what is derived from them takes longest

/** Return the film; the one that was made of the same pixels and maps, if they are still in memory. */
export function filmOf(view, pixels, maps, limit, derived = WHOLE) {
  const before = known.get(pixels);
  if (before?.view === view && before.given === maps && before.limit === limit) return before.film;
  const film = new Film(view, pixels, maps, limit, derived);
  known.set(pixels, { view, given: maps, limit, film });
  return film;
}

const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
