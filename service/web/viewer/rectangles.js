/** Rectangles of whole pixels: {left, top, right, bottom}, right and bottom excluded. */

export const isEmpty = ({ left, top, right, bottom }) => left >= right || top >= bottom;

export const contains = (outer, inner) =>
  outer.left <= inner.left && outer.top <= inner.top &&
  outer.right >= inner.right && outer.bottom >= inner.bottom;

export const intersection = (one, two) => ({
  left: Math.max(one.left, two.left),
  top: Math.max(one.top, two.top),
  right: Math.min(one.right, two.right),
  bottom: Math.min(one.bottom, two.bottom),
});

/** Return up to four rectangles that make up what of `one` does not lie in `two`. */
export function difference(one, two) {
  const both = intersection(one, two);
  if (isEmpty(both)) return [one];
  return [
    { ...one, bottom: both.top },
    { ...one, top: both.bottom },
    { ...both, left: one.left, right: both.left },
    { ...both, left: both.right, right: one.right },
  ].filter((part) => !isEmpty(part));
}

/** Return the rectangle cut where an endless pattern of width * height tiles has its seams. */
export function tiled({ left, top, right, bottom }, width, height) {
  const pieces = [];
  for (let y = top; y < bottom; y = height * (Math.floor(y / height) + 1)) {
    for (let x = left; x < right; x = width * (Math.floor(x / width) + 1)) {
      pieces.push({
        left: x, right: Math.min(right, width * (Math.floor(x / width) + 1)),
        top: y, bottom: Math.min(bottom, height * (Math.floor(y / height) + 1)),
      });
    }
  }
  return pieces;
}
