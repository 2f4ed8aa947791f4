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

// The box in screen pixels shows how a fractional size was rounded. An emulated screen reports the
// box of the real screen instead, which is then ignored.
function sizeOf({ contentRect: { width, height }, devicePixelContentBoxSize: boxes }) {
  const exact = boxes?.[0].inlineSize ?? 0;
  const isPlausible = width > 0 && Math.abs(exact - width * devicePixelRatio) <= 1;
  return { width, height, ratio: isPlausible ? exact / width : devicePixelRatio };
}
