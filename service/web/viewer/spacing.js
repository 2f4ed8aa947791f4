/** Whether the file's pixel spacing can be believed, and where it was measured. */

// The longest side of a chest film, from cut to the lungs to the largest cassette.
const SHORTEST_FILM_MM = 120;
const LONGEST_FILM_MM = 600;
// Both lungs of an adult from side to side, at the detector.
const NARROWEST_LUNGS_MM = 150;
const WIDEST_LUNGS_MM = 480;

/** The film's longest side in mm by the file's spacing. */
export const longestSide = ({ rows, columns, spacing_mm: [down, across] }) => Math.max(rows * down, columns * across);

/**
 * Return {down, across, origin}, mm between rows and between columns; null where the file has none
 * or where the film, or the lungs on it, would have a size that no adult's have. `origin`:
 * `calibrated` at the patient, `detector`, `scanned`, or `unstated`.
 */
export function believedSpacing(view, lungs) {
  if (!view.spacing_mm) return null;
  const [down, across] = view.spacing_mm;
  const length = longestSide(view);
  const isBelieved = length >= SHORTEST_FILM_MM && length <= LONGEST_FILM_MM && fitLungs(lungs, across);
  return isBelieved ? { down, across, origin: view.spacing_origin } : null;
}

/** Return whether both lungs can be an adult's; true where one of them is not seen. */
const fitLungs = (lungs, across) =>
  lungs === null || (lungs.width * across >= NARROWEST_LUNGS_MM && lungs.width * across <= WIDEST_LUNGS_MM);
