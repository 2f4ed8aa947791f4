/** The size of a canvas on the page. */

/**
 * Call `resized({width, height, ratio})` now and whenever the size changes: CSS pixels, and screen
 * pixels per CSS pixel. Return how to stop.
 */
export function watchSize(canvas, resized) {
  const observer = new ResizeObserver((entries) => resized(sizeOf(entries.at(-1))));
  try {
    observer.observe(canvas, { box: "device-pixel-content-box" });
  } catch {
    observer.observe(canvas); // some browsers know no other box
  }
  return () => observer.disconnect();
}

// The box in screen pixels tells how a size that is no whole number of them was rounded. A screen
// that is only simulated has no such box, and the one given is that of the real screen.
function sizeOf({ contentRect: { width, height }, devicePixelContentBoxSize: boxes }) {
  const exact = boxes?.[0].inlineSize ?? 0;
  const isMeant = width > 0 && Math.abs(exact - width * devicePixelRatio) <= 1;
  return { width, height, ratio: isMeant ? exact / width : devicePixelRatio };
}
