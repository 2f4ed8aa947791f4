/** Two viewers that move as one. */

/**
 * Keep inversion, mirror, zoom, place and window of two viewers the same; return how to stop.
 * Two films' values may differ tenfold: a window is followed as a change of the film's own.
 */
export function link(one, two) {
  let following = false;
  const follow = (leader, follower) => () => {
    if (following || !follower.presets().length) return;
    following = true;
    const { window, ...rest } = leader.state;
    follower.state = { ...rest, window: translated(window, ownWindow(leader), ownWindow(follower)) };
    following = false;
  };
  const forth = follow(one, two);
  const back = follow(two, one);
  one.addEventListener("change", forth);
  two.addEventListener("change", back);
  return () => {
    one.removeEventListener("change", forth);
    two.removeEventListener("change", back);
  };
}

/** The first window of a film that is one of numbers. */
const ownWindow = (viewer) => viewer.presets().find(({ window }) => !window.lut).window;

function translated(window, from, to) {
  if (window.lut) return to;
  const width = (window.width / from.width) * to.width;
  return { ...window, width, center: to.center + ((window.center - from.center) / from.width) * to.width };
}
