/** What keys do to the film. */

import { SHOWN, same } from "./toolbar.js";

const NUDGE = 0.05;
const STEP_PX = 60;
const ZOOM = 1.25;
const COVER = 0.1;

/** Return the actions on a viewer by their names in shortcuts.js; none while there is no film. */
export function filmKeys(viewer, shown, setShown) {
  if (!viewer) return {};
  const set = (facts) => setShown({ ...shown, ...facts });
  const cover = (by) => set({ overlay: Math.min(1, Math.max(0, Math.round(10 * (shown.overlay + by)) / 10)) });
  const reshape = (level, width) => {
    const now = viewer.window;
    if (now.lut) return;
    viewer.window = { ...now, center: now.center - level * NUDGE * now.width, width: now.width * (1 + width * NUDGE) };
  };
  return {
    window: () => set({ tool: "window" }),
    pan: () => set({ tool: "pan" }),
    zoom: () => set({ tool: "zoom" }),
    level_up: () => reshape(1, 0),
    level_down: () => reshape(-1, 0),
    width_up: () => reshape(0, 1),
    width_down: () => reshape(0, -1),
    preset: () => {
      const presets = viewer.presets();
      const place = presets.findIndex(({ window }) => same(window, viewer.window));
      viewer.window = presets[(place + 1) % presets.length].window;
    },
    invert: () => { viewer.invert = !viewer.invert; },
    mirror: () => { viewer.mirrored = !viewer.mirrored; },
    fit: () => viewer.fit(),
    actual: () => viewer.actualSize(),
    in: () => viewer.zoomBy(ZOOM),
    out: () => viewer.zoomBy(1 / ZOOM),
    move_left: () => viewer.panBy(STEP_PX, 0),
    move_right: () => viewer.panBy(-STEP_PX, 0),
    move_up: () => viewer.panBy(0, STEP_PX),
    move_down: () => viewer.panBy(0, -STEP_PX),
    overlay: () => set({ overlay: shown.overlay > 0 ? 0 : SHOWN.overlay }),
    overlay_down: () => cover(-COVER),
    overlay_up: () => cover(COVER),
    outlines: () => set({ outlines: !shown.outlines }),
    zones: () => set({ zones: !shown.zones }),
  };
}
