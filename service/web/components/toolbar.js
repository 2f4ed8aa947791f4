/** The tools above the film. */

import { html, useEffect, useReducer } from "../vendor/preact.js";
import { t } from "../words.js";

/** What is laid over a film at first: `overlay` 0-1. */
export const SHOWN = Object.freeze({ overlay: 0.4, outlines: true, zones: true, tool: "window" });

export function Toolbar({ viewer, shown, setShown, comparing, canCompare, compare }) {
  const [, redraw] = useReducer((count) => count + 1, 0);
  useEffect(() => {
    if (!viewer) return undefined;
    const changed = () => redraw();
    viewer.addEventListener("change", changed);
    return () => viewer.removeEventListener("change", changed);
  }, [viewer]);
  const set = (facts) => setShown({ ...shown, ...facts });
  const toggle = (name, pressed, run) => html`
    <button aria-pressed=${String(pressed)} disabled=${!viewer} onClick=${run}>${t(`viewer.${name}`)}</button>`;
  return html`
    <div class="tools" role="toolbar" aria-label=${t("viewer.tools")}>
      <span class="group">
        ${["window", "pan", "zoom"].map((tool) => toggle(`tool.${tool}`, shown.tool === tool, () => set({ tool })))}
      </span>
      <${Presets} viewer=${viewer} />
      <span class="group">
        ${toggle("invert", viewer?.invert ?? false, () => { viewer.invert = !viewer.invert; })}
        ${toggle("mirror", viewer?.mirrored ?? false, () => { viewer.mirrored = !viewer.mirrored; })}
        <button disabled=${!viewer} onClick=${() => viewer.fit()}>${t("viewer.fit")}</button>
        <button disabled=${!viewer} onClick=${() => viewer.actualSize()}>${t("viewer.actual")}</button>
      </span>
      <label class="group slider">${t("viewer.overlay")}
        <input type="range" min="0" max="100" step="1" value=${Math.round(100 * shown.overlay)} disabled=${!viewer}
          onInput=${(event) => set({ overlay: event.target.value / 100 })} />
      </label>
      <span class="group">
        ${toggle("outlines", shown.outlines, () => set({ outlines: !shown.outlines }))}
        ${toggle("zones", shown.zones, () => set({ zones: !shown.zones }))}
      </span>
      <button class="group" disabled=${!canCompare} aria-pressed=${String(comparing)} onClick=${compare}>${t(comparing ? "compare.end" : "compare.start")}</button>
    </div>`;
}

function Presets({ viewer }) {
  const presets = viewer?.presets() ?? [];
  const place = presets.findIndex(({ window }) => same(window, viewer.window));
  const choose = (event) => { viewer.window = presets[event.target.value].window; };
  return html`
    <label class="group"><span class="unseen">${t("viewer.preset")}</span>
      <select title=${t("viewer.preset")} disabled=${!viewer} value=${place} onChange=${choose}>
        ${place < 0 && html`<option value="-1" selected>${t("viewer.preset.custom")}</option>`}
        ${presets.map((preset, number) => html`<option value=${number} selected=${number === place}>${presetName(preset, number)}</option>`)}
      </select>
    </label>`;
}

const presetName = ({ key, name }, number) =>
  name || (key ? t(`viewer.preset.${key}`) : t("viewer.preset.file", { number: number + 1 }));

/** Return whether two windows show the same. */
export const same = (one, two) =>
  one.lut ? Boolean(two.lut) : one.center === two.center && one.width === two.width && one.function === two.function;
