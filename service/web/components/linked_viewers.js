/** Two viewers that are changed together. */

/**
 * Keep inversion, mirroring, zoom, position and window of two viewers the same, from now on those of
 * the first; return a function that unlinks them. The values of two films may differ tenfold: a
 * window is followed in proportion to the films' own windows.
 */
export function linkViewers(one, two) {
  let following = false;
  const follow = (leader, follower) => () => {
    if (following || !follower.presets().length) return;
    following = true;
    try {
      const { window, ...rest } = leader.state;
      follower.state = { ...rest, window: convertWindow(window, ownWindow(leader), ownWindow(follower)) };
    } finally {
      following = false;
    }
  };
  const onFirst = follow(one, two);
  const onSecond = follow(two, one);
  onFirst();
  one.addEventListener("change", onFirst);
  two.addEventListener("change", onSecond);
  return () => {
    one.removeEventListener("change", onFirst);
    two.removeEventListener("change", onSecond);
  };
}

/** The first window of a film that has a center and a width. */
const ownWindow = (viewer) => viewer.presets().find(({ window }) => !window.lut).window;

function convertWindow(window, from, to) {
  if (window.lut) return to;
  const width = (window.width / from.width) * to.width;
  return { ...window, width, center: to.center + ((window.center - from.center) / from.width) * to.width };
}
