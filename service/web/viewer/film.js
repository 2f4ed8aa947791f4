/** A film with what the viewer derives from it: pyramid, presets, zones. */

import { ofFilm } from "./histogram.js";
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

class Film {
  #letters = null;

  /**
   * @param {View} view
   * @param {Uint16Array} pixels rows * columns stored values, upright
   * @param {Uint8Array|null} maps planes of opacity, patient's right lung, left lung; 0-255
   * @param {number} limit longest side that the graphics card can show
   */
  constructor(view, pixels, maps, limit) {
    const { rows, columns } = view;
    const counts = ofFilm(pixels);
    const highest = counts.findLastIndex((count) => count > 0);
    this.view = view;
    this.pixels = pixels;
    this.maps = maps && view.maps ? maps : null;
    this.pyramid = new Pyramid(pixels, rows, columns, highest, limit);
    this.lut = view.lut && { first: view.lut.first, values: bytesOf(view.lut.values) };
    this.zones = this.maps ? zonesOf(maps, view.maps, view) : [];
    this.lungs = lungsOf(this.zones);
    this.spacing = believedSpacing(view, this.lungs);
    this.presets = presetsOf({ view, pixels, maps: this.maps, counts });
  }

  /** Where letters may be burned in: rectangles {left, top, right, bottom} in film pixels. */
  get letters() {
    this.#letters ??= lettersOf(this.pyramid, this.view);
    return this.#letters;
  }

  /** The smallest step between two modality values. */
  get step() {
    return Math.abs(this.view.slope);
  }

  /** The window over the values that the film uses. */
  get range() {
    return this.presets.find(({ key }) => key === "automatic").window;
  }

  /** Return the modality value at film pixels (x, y), null beside the film. */
  valueAt(x, y) {
    const { rows, columns, slope, intercept } = this.view;
    if (!(x >= 0 && y >= 0 && x < columns && y < rows)) return null;
    return this.pixels[Math.floor(y) * columns + Math.floor(x)] * slope + intercept;
  }
}

const known = new WeakMap(); // by pixels: what is derived from them takes longest

/** Return the film; the one that was made of the same pixels and maps, if they are still in memory. */
export function filmOf(view, pixels, maps, limit) {
  const before = known.get(pixels);
  if (before?.view === view && before.given === maps && before.limit === limit) return before.film;
  const film = new Film(view, pixels, maps, limit);
  known.set(pixels, { view, given: maps, limit, film });
  return film;
}

const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
