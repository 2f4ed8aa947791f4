/** A round piece of the film, enlarged. */

/**
 * Draw into a canvas's 2D context what lies around (x, y) CSS pixels of a viewer, `enlargement`
 * times as large as the viewer shows it. Pixels are interpolated, then windowed.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {{pixels: Uint16Array, view: {rows: number, columns: number}}} film
 * @param {(value: number) => number} greyOf grey 0-255 of a stored value
 * @param {(x: number, y: number) => {x: number, y: number}} toFilm
 */
export function drawLens(context, film, greyOf, toFilm, { x, y, enlargement, ratio }) {
  const { width, height } = context.canvas;
  const picture = context.createImageData(width, height);
  const origin = toFilm(x, y);
  const [right, down] = [toFilm(x + 1, y), toFilm(x, y + 1)];
  const step = 1 / (enlargement * ratio);
  for (let row = 0, at = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1, at += 4) {
      const [across, below] = [(column - width / 2) * step, (row - height / 2) * step];
      const grey = greyOf(valueBetween(
        film,
        origin.x + across * (right.x - origin.x) + below * (down.x - origin.x) - 0.5,
        origin.y + across * (right.y - origin.y) + below * (down.y - origin.y) - 0.5,
      ));
      picture.data[at] = picture.data[at + 1] = picture.data[at + 2] = grey;
      picture.data[at + 3] = 255;
    }
  }
  context.putImageData(picture, 0, 0);
}

/** Return the stored value between four pixels, -1 beside the film. */
function valueBetween({ pixels, view: { rows, columns } }, x, y) {
  if (!(x >= -0.5 && y >= -0.5 && x < columns - 0.5 && y < rows - 0.5)) return -1;
  const [left, top] = [Math.max(0, Math.floor(x)), Math.max(0, Math.floor(y))];
  const [right, bottom] = [Math.min(columns - 1, left + 1), Math.min(rows - 1, top + 1)];
  const [across, down] = [Math.max(0, x - left), Math.max(0, y - top)];
  const along = (row) => pixels[row * columns + left] * (1 - across) + pixels[row * columns + right] * across;
  return along(top) * (1 - down) + along(bottom) * down;
}
