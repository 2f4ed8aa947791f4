/** Where the zones' scores are written over the film: beside the lungs, on no marker and not on each other. */

const RIGHT_LUNG = ["A", "B", "C"];
// A label as film.css draws it, in CSS pixels from its anchor.
const ABOVE = 20;
const HEIGHT = 44;
const WIDTH = 72;
const SIDE_MARK = 40; // of side marks above and below, in a film that lies on its side
const STEP = 4; // in which a free place is looked for
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
  const anchors = Object.entries(viewer.zoneAnchors()).map(([name, { outer }]) => ({
    name, isRight: RIGHT_LUNG.includes(name), ...viewer.toScreen(outer.x, outer.y),
  }));
  const area = { left: WIDTH, right: width - WIDTH, top: MARKS + notes * NOTE + ABOVE, bottom: height - FOOT - HEIGHT + ABOVE };
  const letters = lettersOnScreen(viewer);
  const isFree = (label) => !letters.some((letter) => hides(label, letter));
  const place = ["left", "right"].includes(viewer.sideOfLeft) ? beside : aboveAndBelow;
  return [true, false].flatMap((side) => place(anchors.filter(({ isRight }) => isRight === side), viewer, area, isFree));
}

/** Place the labels of one lung in a column beside it. */
function beside(labels, viewer, { left, right, top, bottom }, isFree) {
  const placed = labels.filter(({ y }) => y >= 0 && y <= viewer.size.height).sort((one, other) => one.y - other.y).map((label) => ({
    ...label, onLeft: label.isRight === (viewer.sideOfLeft === "left"), x: Math.min(right, Math.max(left, label.x)),
  }));
  return spread(placed, "y", HEIGHT, top, bottom, isFree);
}

/** Place the labels of one lung of a film that lies on its side: in a row above or below it. */
function aboveAndBelow(labels, viewer, { left, right, top, bottom }, isFree) {
  const placed = labels.filter(({ x }) => x >= 0 && x <= viewer.size.width).sort((one, other) => one.x - other.x).map((label) => {
    const isAbove = label.isRight === (viewer.sideOfLeft === "top");
    const y = isAbove ? label.y - HEIGHT + ABOVE : label.y + ABOVE;
    return { ...label, onLeft: false, y: Math.min(bottom - SIDE_MARK, Math.max(top + SIDE_MARK, y)) };
  });
  return spread(placed, "x", WIDTH, left, right - WIDTH, isFree);
}

/** The rectangles in CSS pixels where letters may be burned into the film. */
const lettersOnScreen = (viewer) => viewer.letters().map(({ left, top, right, bottom }) => {
  const corners = [viewer.toScreen(left, top), viewer.toScreen(right, bottom)];
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
});

/** Return whether a label covers a part of a rectangle. */
function hides({ x, y, onLeft }, { left, top, right, bottom }) {
  const start = onLeft ? x - WIDTH : x;
  return left < start + WIDTH && right > start && top < y - ABOVE + HEIGHT && bottom > y - ABOVE;
}

/**
 * Return the labels with another position along an axis: ascending between two limits, `size` apart,
 * as near to their own as can be, and where `isFree(label)`, if there is such a place.
 */
function spread(labels, axis, size, first, last, isFree) {
  const places = Math.min(labels.length, Math.max(0, Math.floor((last - first) / size) + 1));
  const found = [];
  for (let index = 0; index < places; index += 1) {
    const high = last - (places - 1 - index) * size;
    const low = index ? found[index - 1][axis] + size : first;
    const wanted = Math.max(low, Math.min(high, labels[index][axis]));
    const others = Array.from({ length: Math.floor((high - low) / STEP) + 1 }, (_, step) => low + step * STEP);
    const nearest = others.sort((one, other) => Math.abs(one - wanted) - Math.abs(other - wanted));
    const at = (position) => ({ ...labels[index], [axis]: position });
    found.push([wanted, ...nearest].map(at).find(isFree) ?? at(wanted));
  }
  return found;
}
