/** Where the zones' scores are written over the film, so that they hide nothing and not each other. */

const RIGHT_LUNG = ["A", "B", "C"];
// A label as film.css draws it, in CSS pixels from its anchor.
const ABOVE = 20;
const HEIGHT = 44;
const WIDTH = 72;
// What stands along the canvas's borders: side marks and notes above, scale bar and readout below.
const MARKS = 42;
const NOTE = 18;
const FOOT = 44;

/**
 * Return [{name, onLeft, x, y}]: beside the lateral border of the lung, within the canvas. Zones
 * that are not on the canvas have no label; where there is too little room for all, they are left
 * out.
 */
export function placedLabels(viewer, notes) {
  const { width, height } = viewer.size;
  const { mirrored } = viewer.state;
  const anchors = Object.entries(viewer.zoneAnchors()).map(([name, { outer }]) => ({
    name, onLeft: RIGHT_LUNG.includes(name) !== mirrored, ...viewer.toScreen(outer.x, outer.y),
  }));
  const shown = anchors.filter(({ y }) => y >= 0 && y <= height);
  const inside = (x) => Math.min(width - WIDTH, Math.max(WIDTH, x));
  const top = MARKS + notes * NOTE + ABOVE;
  const bottom = height - FOOT - HEIGHT + ABOVE;
  return [true, false].flatMap((side) => {
    const labels = shown.filter(({ onLeft }) => onLeft === side).sort((one, other) => one.y - other.y);
    return spread(labels.map(({ y }) => y), top, bottom)
      .map((y, index) => ({ ...labels[index], x: inside(labels[index].x), y }));
  });
}

/** Return ascending positions between two limits, `HEIGHT` apart, as near to the wanted ones as can be. */
function spread(wanted, top, bottom) {
  const places = Math.min(wanted.length, Math.max(0, Math.floor((bottom - top) / HEIGHT) + 1));
  const found = [];
  for (let index = 0; index < places; index += 1) {
    const lowest = bottom - (places - 1 - index) * HEIGHT;
    const highest = index ? found[index - 1] + HEIGHT : top;
    found.push(Math.max(highest, Math.min(lowest, wanted[index])));
  }
  return found;
}
