/** Viewers that are changed together. */

/**
 * Keep inversion, mirroring, rotation, zoom, position and window of the others those of the first,
 * from now on of whichever is changed; return a function that unlinks them. The values of two films
 * may differ tenfold: a window is followed in proportion to the films' own windows. `aligned`: lungs
 * of the same size lie at the same place.
 */
export function linkViewers(viewers, aligned) {
  let following = false;
  const follow = (changed) => ({ detail }) => {
    // Of two canvases that are resized one is first, and nobody moved the film on it.
    const leader = detail.kind === "size" ? viewers[0] : changed;
    if (following || !leader.presets().length) return;
    following = true;
    try {
      for (const follower of viewers) if (follower !== leader) copyState(leader, follower, aligned);
    } finally {
      following = false;
    }
  };
  const listeners = viewers.map((viewer) => [viewer, follow(viewer)]);
  listeners[0][1]({ detail: { kind: "film" } });
  for (const [viewer, listener] of listeners) viewer.addEventListener("change", listener);
  return () => {
    for (const [viewer, listener] of listeners) viewer.removeEventListener("change", listener);
  };
}

function copyState(leader, follower, aligned) {
  if (!follower.presets().length) return;
  const { window, ...rest } = leader.state;
  follower.state = { ...rest, window: convertWindow(window, ownWindow(leader), ownWindow(follower)) };
  const [lungs, others] = [leader.lungs, follower.lungs];
  if (!aligned || !lungs || !others) return;
  const { x, y, magnification } = leader.place;
  const ratio = others.size / lungs.size;
  follower.place = {
    x: others.x + (x - lungs.x) * ratio, y: others.y + (y - lungs.y) * ratio, magnification: magnification / ratio,
  };
}

/** The first window of a film that has a center and a width. */
const ownWindow = (viewer) => viewer.presets().find(({ window }) => !window.lut).window;

function convertWindow(window, from, to) {
  if (window.lut) return to;
  const width = (window.width / from.width) * to.width;
  return { ...window, width, center: to.center + ((window.center - from.center) / from.width) * to.width };
}
