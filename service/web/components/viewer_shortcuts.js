/** What the keyboard shortcuts do to the film. */

import { TOOLS } from "../viewer/viewer.js";
import { sameWindow } from "../viewer/voi.js";
import { INITIAL_DISPLAY } from "./toolbar.js";

const WINDOW_STEP = 0.05; // of the window's width
const PAN_PX = 60;
const ZOOM = 1.25;
const OVERLAY_STEP = 0.1;
const PRESET_KEYS = [1, 2, 3, 4, 5, 6];

/** Return the actions on a viewer by their names in shortcuts.js; none while there is no film. */
export function viewerShortcuts(viewer, display, setDisplay) {
  if (!viewer) return {};
  const set = (facts) => setDisplay({ ...display, ...facts });
  const changeOverlay = (by) => set({ overlay: Math.min(1, Math.max(0, Math.round(10 * (display.overlay + by)) / 10)) });
  const changeWindow = (level, width) => {
    const now = viewer.window;
    if (now.lut) return;
    viewer.window = { ...now, center: now.center - level * WINDOW_STEP * now.width, width: now.width * (1 + width * WINDOW_STEP) };
  };
  return {
    ...Object.fromEntries(TOOLS.map((tool) => [tool, () => set({ tool })])),
    ...Object.fromEntries(PRESET_KEYS.map((number) => [`preset_${number}`, () => {
      const preset = viewer.presets()[number - 1];
      if (preset) viewer.window = preset.window;
    }])),
    magnifier: () => set({ magnifier: !display.magnifier }),
    remove: () => viewer.measure("drop"),
    rotate: () => { viewer.turns = (viewer.turns + 1) % 4; },
    level_up: () => changeWindow(1, 0),
    level_down: () => changeWindow(-1, 0),
    width_up: () => changeWindow(0, 1),
    width_down: () => changeWindow(0, -1),
    preset: () => {
      const presets = viewer.presets();
      const index = presets.findIndex(({ window }) => sameWindow(window, viewer.window));
      viewer.window = presets[(index + 1) % presets.length].window;
    },
    invert: () => { viewer.invert = !viewer.invert; },
    mirror: () => { viewer.mirrored = !viewer.mirrored; },
    fit: () => viewer.fit(),
    actual: () => viewer.actualSize(),
    in: () => viewer.zoomBy(ZOOM),
    out: () => viewer.zoomBy(1 / ZOOM),
    move_left: () => viewer.panBy(PAN_PX, 0),
    move_right: () => viewer.panBy(-PAN_PX, 0),
    move_up: () => viewer.panBy(0, PAN_PX),
    move_down: () => viewer.panBy(0, -PAN_PX),
    overlay: () => set({ overlay: display.overlay > 0 ? 0 : INITIAL_DISPLAY.overlay }),
    overlay_down: () => changeOverlay(-OVERLAY_STEP),
    overlay_up: () => changeOverlay(OVERLAY_STEP),
    outlines: () => set({ outlines: !display.outlines }),
    zones: () => set({ zones: !display.zones }),
    numbers: () => set({ numbers: !display.numbers }),
  };
}
