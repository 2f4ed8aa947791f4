/**
 * From stored values to grey: the window as a table.
 *
 * DICOM PS3.3: C.11.2.1.2 (LINEAR, LINEAR_EXACT), C.11.2.1.3.1 (SIGMOID), C.11.2.1.1 (VOI LUT).
 */

/** Entries of a table; one for each 16-bit value. */
export const ENTRIES = 65536;

/**
 * @typedef {{center: number, width: number, function: "LINEAR"|"LINEAR_EXACT"|"SIGMOID"}} Curve
 * Center and width are modality values; width > 0, with LINEAR at least 1.
 * @typedef {{lut: true}} FilmsOwn  The film's own table.
 * @typedef {Curve | FilmsOwn} Window
 */

/**
 * Fill `table` with the grey 0-255 of each stored value.
 *
 * @param {Uint8ClampedArray} table `ENTRIES` long; entry i belongs to the stored value i / gain.
 * @param {Window} window
 * @param {{slope: number, intercept: number, gain: number, white: boolean,
 *   lut: {first: number, values: Uint8Array} | null}} film value = stored * slope + intercept;
 *   `white`: low values are white; `lut`: grey by modality value from `first` on.
 */
export function fillTable(table, window, film) {
  const step = film.slope / film.gain;
  if (window.lut) fillFromLut(table, film.lut, step, film.intercept);
  else if (window.function === "SIGMOID") fillSigmoid(table, window, step, film.intercept);
  else fillLinear(table, window, step, film.intercept);
  if (film.white) for (let i = 0; i < ENTRIES; i += 1) table[i] ^= 255;
}

// The array itself clips to 0-255 and rounds. A width of 1 divides by 0, and gives the step it
// should: below 0, above infinity, NaN, which is stored as 0, on the border itself.
function fillLinear(table, { center, width, function: curve }, step, intercept) {
  const exact = curve === "LINEAR_EXACT";
  const middle = exact ? center : center - 0.5;
  const span = exact ? width : width - 1;
  for (let i = 0; i < ENTRIES; i += 1) {
    table[i] = 255 * ((i * step + intercept - middle) / span + 0.5);
  }
}

function fillSigmoid(table, { center, width }, step, intercept) {
  for (let i = 0; i < ENTRIES; i += 1) {
    table[i] = 255 / (1 + Math.exp((-4 * (i * step + intercept - center)) / width));
  }
}

/** Values before the first entry take the first one's grey, those behind the last one's. */
function fillFromLut(table, { first, values }, step, intercept) {
  const last = values.length - 1;
  for (let i = 0; i < ENTRIES; i += 1) {
    const index = Math.round(i * step + intercept - first);
    table[i] = values[Math.min(last, Math.max(0, index))];
  }
}

/** Return a window that a drag can begin from: a line over the table's range. */
export const lineOver = ({ first, values }) => ({
  center: first + values.length / 2,
  width: values.length,
  function: "LINEAR_EXACT",
});

/**
 * Return the window with a width that its function allows; null where a film has no such table, or
 * where numbers are none.
 *
 * @param {Window} window
 * @param {{lut: object|null, step: number}} film `step`: the smallest between two values
 */
export function allowed({ lut, center, width, function: curve }, film) {
  if (lut) return film.lut && { lut: true };
  if (!Number.isFinite(center) || !Number.isFinite(width)) return null;
  return { center, width: Math.max(curve === "LINEAR" ? 1 : film.step, width), function: curve };
}

/** Return whether two windows show the same. */
export const sameWindow = (one, two) =>
  one.lut || two.lut
    ? one.lut === two.lut
    : one.center === two.center && one.width === two.width && one.function === two.function;
