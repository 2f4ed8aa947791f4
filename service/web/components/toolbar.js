/** The tools above the film. */

import { html, useEffect, useReducer } from "../vendor/preact.js";
import { sameWindow } from "../viewer/voi.js";
import { t } from "../words.js";

/** The layers over a newly opened film, `overlay` in 0-1, and the mouse's tool. */
export const INITIAL_DISPLAY = Object.freeze({ overlay: 0.4, outlines: true, zones: true, tool: "window" });

export function Toolbar({ viewer, display, setDisplay, comparing, canCompare, compare }) {
  const [, redraw] = useReducer((count) => count + 1, 0);
  useEffect(() => {
    if (!viewer) return undefined;
    const changed = () => redraw();
    viewer.addEventListener("change", changed);
    return () => viewer.removeEventListener("change", changed);
  }, [viewer]);
  const set = (facts) => setDisplay({ ...display, ...facts });
  const toggle = (name, pressed, run) => html`
    <button aria-pressed=${String(pressed)} disabled=${!viewer} onClick=${run}>${t(`viewer.${name}`)}</button>`;
  return html`
    <div class="tools" role="toolbar" aria-label=${t("viewer.tools")}>
      <a class="button to-list" href="#/">‹ ${t("viewer.films")}</a>
      <span class="group">
        ${["window", "pan", "zoom"].map((tool) => toggle(`tool.${tool}`, display.tool === tool, () => set({ tool })))}
      </span>
      <${Presets} viewer=${viewer} />
      <span class="group">
        ${toggle("invert", viewer?.invert ?? false, () => { viewer.invert = !viewer.invert; })}
        ${toggle("mirror", viewer?.mirrored ?? false, () => { viewer.mirrored = !viewer.mirrored; })}
        <button disabled=${!viewer} onClick=${() => viewer.fit()}>${t("viewer.fit")}</button>
        <button disabled=${!viewer} onClick=${() => viewer.actualSize()}>${t("viewer.actual")}</button>
      </span>
      <label class="group">${t("viewer.overlay")}
        <input type="range" min="0" max="100" step="1" value=${Math.round(100 * display.overlay)} disabled=${!viewer}
          onInput=${(event) => set({ overlay: event.target.value / 100 })} />
      </label>
      <span class="group">
        ${toggle("outlines", display.outlines, () => set({ outlines: !display.outlines }))}
        ${toggle("zones", display.zones, () => set({ zones: !display.zones }))}
      </span>
      <button class="group" disabled=${!canCompare} aria-pressed=${String(comparing)} onClick=${compare}>${t(comparing ? "compare.end" : "compare.start")}</button>
    </div>`;
}

function Presets({ viewer }) {
  const presets = viewer?.presets() ?? [];
  const current = presets.findIndex(({ window }) => sameWindow(window, viewer.window));
  const choose = (event) => { viewer.window = presets[event.target.value].window; };
  return html`
    <label class="group"><span class="visually-hidden">${t("viewer.preset")}</span>
      <select title=${t("viewer.preset")} disabled=${!viewer} value=${current} onChange=${choose}>
        ${current < 0 && html`<option value="-1" selected>${t("viewer.preset.custom")}</option>`}
        ${presets.map((preset, index) => html`<option value=${index} selected=${index === current}>${presetName(preset, index)}</option>`)}
      </select>
    </label>`;
}

const presetName = ({ key, name }, index) =>
  name || (key ? t(`viewer.preset.${key}`) : t("viewer.preset.file", { number: index + 1 }));
