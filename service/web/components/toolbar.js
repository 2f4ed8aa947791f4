/** The tools above the film. */

import { html, useEffect, useReducer } from "../vendor/preact.js";
import { TOOLS } from "../viewer/viewer.js";
import { sameWindow } from "../viewer/voi.js";
import { t } from "../words.js";
import { Icon } from "./icons.js";
import { LAYOUTS } from "./layout.js";

/** The layers over a newly opened film, `overlay` in 0-1, and the mouse's tool. */
export const INITIAL_DISPLAY = Object.freeze({ overlay: 0.2, outlines: true, zones: false, numbers: true, magnifier: false, tool: "window" });

export function Toolbar({ viewer, display, setDisplay, reset, hanging }) {
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
  const icon = (name, text, run, pressed) => html`
    <button class="with-icon" aria-pressed=${pressed === undefined ? null : String(pressed)} disabled=${!viewer} aria-label=${t(text)} title=${t(text)} onClick=${run}><${Icon} name=${name} /></button>`;
  return html`
    <div class="tools" role="toolbar" aria-label=${t("viewer.tools")}>
      <a class="button to-list" href="#/">‹ ${t("viewer.films")}</a>
      <span class="group">
        ${TOOLS.map((tool) => icon(tool, `viewer.tool.${tool}`, () => set({ tool }), display.tool === tool))}
        ${icon("magnifier", "viewer.magnifier", () => set({ magnifier: !display.magnifier }), display.magnifier)}
      </span>
      <${Presets} viewer=${viewer} />
      <span class="group">
        ${icon("invert", "viewer.invert", () => { viewer.invert = !viewer.invert; }, viewer?.invert ?? false)}
        ${icon("mirror", "viewer.mirror", () => { viewer.mirrored = !viewer.mirrored; }, viewer?.mirrored ?? false)}
        ${icon("rotate", "viewer.rotate", () => { viewer.turns = (viewer.turns + 1) % 4; })}
        ${icon("fit", "viewer.fit", () => viewer.fit())}
        <button disabled=${!viewer} onClick=${() => viewer.actualSize()}>${t("viewer.actual")}</button>
        ${icon("reset", "viewer.reset", reset)}
      </span>
      <label class="group">${t("viewer.overlay")}
        <input type="range" min="0" max="100" step="1" value=${Math.round(100 * display.overlay)} disabled=${!viewer}
          onInput=${(event) => set({ overlay: event.target.value / 100 })} />
      </label>
      <span class="group">
        ${toggle("outlines", display.outlines, () => set({ outlines: !display.outlines }))}
        ${toggle("zones", display.zones, () => set({ zones: !display.zones }))}
        ${toggle("numbers", display.numbers, () => set({ numbers: !display.numbers }))}
      </span>
      <${Hanging} hanging=${hanging} />
    </div>`;
}

/** How many films hang, and the ways to compare them. */
function Hanging({ hanging }) {
  const { canCompare, count, sequence, aligned, actions, hang } = hanging;
  const button = (name, pressed, run) => html`
    <button class="with-icon" disabled=${!canCompare} aria-pressed=${pressed === null ? null : String(pressed)} aria-label=${t(`compare.${name}`)} title=${t(`compare.${name}`)} onClick=${run}><${Icon} name=${name} /></button>`;
  return html`
    <span class="group">
      ${LAYOUTS.map((films) => button(`hang_${films}`, count === films, () => hang(films)))}
      ${button("align", aligned, actions.align)}
      ${button("swap", null, actions.swap)}
      ${button("blink", sequence === "blink", actions.blink)}
      ${button("cine", sequence === "cine", actions.cine)}
    </span>`;
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
