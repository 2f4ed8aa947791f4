/** The window presets of a film: its own, the one it was graded with first, then computed ones. */

import { ofLungs, quantiles } from "./histogram.js";

const RANGE = "range"; // the service's name for the value range of a film without a window

/**
 * Return [{key, window}] or, of the film's own windows, [{name, window}]; a name may be empty. The
 * keys: `lut` the film's own table, `automatic` the range that its pixels use, `full` all values,
 * `lungs` what the lungs hold, `dense` the brighter half.
 *
 * @param {{view: object, finest: object, maps: Uint8Array|null, counts: Uint32Array}} film
 *   `finest`: {pixels, rows, columns}
 */
export function presetsOf({ view, finest, maps, counts }) {
  const own = view.windows.map(({ name, center, width, function: curve }) => ({
    ...(name === RANGE ? { key: "automatic" } : { name }), window: { center, width, function: curve },
  }));
  const offer = (key, limits) => limits && { key, window: spanning(limits, view) };
  const lungs = maps && ofLungs(finest, { maps, size: view.maps });
  const hasRange = own.some(({ key }) => key === "automatic");
  return [
    view.lut && { key: "lut", window: { lut: true } },
    ...own,
    hasRange ? null : offer("automatic", quantiles(counts, [0.005, 0.995])),
    offer("full", quantiles(counts, [0, 1])),
    lungs && offer("lungs", quantiles(lungs, [0.01, 0.99])),
    offer("dense", quantiles(counts, view.inverted ? [0.001, 0.5] : [0.5, 0.999])),
  ].filter(Boolean);
}

/** Return the window from one stored value to another. */
function spanning([low, high], { slope, intercept }) {
  const span = Math.max(1, high - low);
  return {
    center: (low + span / 2) * slope + intercept,
    width: span * Math.abs(slope),
    function: "LINEAR_EXACT",
  };
}
