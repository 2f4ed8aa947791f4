/** Every keyboard shortcut of the page in one table, and the dialog under "?" that lists them. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { t } from "../words.js";

const GROUPS = {
  films: { next: ["j"], previous: ["k"], list: ["b"], search: ["q"], filter: ["/"], add: ["u"] },
  film: {
    window: ["w"], pan: ["h"], zoom: ["s"], length: ["Shift+l"], angle: ["Shift+a"], region: ["Shift+r"], remove: ["Delete"], magnifier: ["g"],
    level_up: ["Shift+ArrowUp"], level_down: ["Shift+ArrowDown"], width_up: ["Shift+ArrowRight"], width_down: ["Shift+ArrowLeft"],
    preset: ["p"], preset_1: ["1"], preset_2: ["2"], preset_3: ["3"], preset_4: ["4"], preset_5: ["5"], preset_6: ["6"],
    invert: ["i"], mirror: ["m"], rotate: ["v"], reset: ["0"], fit: ["f"], actual: ["x"], in: ["+", "="], out: ["-"],
    move_left: ["ArrowLeft"], move_right: ["ArrowRight"], move_up: ["ArrowUp"], move_down: ["ArrowDown"],
    overlay: ["o"], overlay_down: ["["], overlay_up: ["]"], outlines: ["l"], zones: ["z"], numbers: ["y"], compare: ["c"], layout: ["Shift+v"], swap: ["Shift+s"], blink: ["Shift+b"], cine: ["Shift+c"], align: ["Shift+z"],
  },
  result: { accept: ["a"], correct: ["e"], not_gradable: ["n"], copy: ["t"], print: ["r"], deliver: ["d"], help: ["?"], escape: ["Escape"] },
};
const ACTION_OF = Object.fromEntries(
  Object.values(GROUPS).flatMap((group) => Object.entries(group).flatMap(([action, keys]) => keys.map((key) => [key, action]))),
);
const SHARED = ["move", "preset"]; // by one text
const STORAGE_KEY = "radiograde.keys";
const KEY_LABELS = { ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓" };

let singleKeys = localStorage.getItem(STORAGE_KEY) !== "off";

/** Run `actions[name]` when its key is pressed outside fields and dialogs. */
export function useShortcuts(actions) {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const onKeyDown = (event) => {
      const key = keyOf(event);
      const action = latest.current[ACTION_OF[key]];
      if (!action || (!singleKeys && key !== "Escape") || isHandledElsewhere(event, key)) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, []);
}

/** Shift counts with arrows and letters; other characters need it on some keyboards. */
function keyOf(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.shiftKey && /^(Arrow.*|[a-z])$/.test(key) ? `Shift+${key}` : key;
}

/** Return whether a field, a list, a dialog or the browser handles the key. */
function isHandledElsewhere(event, key) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return true;
  if (key.endsWith("Escape")) return false;
  const { target } = event;
  const arrows = key.includes("Arrow");
  return target.matches("textarea, select, input:not([type=radio]):not([type=range]):not([type=checkbox])")
    || (arrows && !target.matches("body, canvas, main"));
}

export function ShortcutsDialog({ onClose }) {
  const dialog = useRef(null);
  const [enabled, setEnabled] = useState(singleKeys);
  useEffect(() => { dialog.current.showModal(); }, []);
  const change = (event) => {
    singleKeys = event.target.checked;
    localStorage.setItem(STORAGE_KEY, singleKeys ? "on" : "off");
    setEnabled(singleKeys);
  };
  return html`
    <dialog ref=${dialog} class="shortcuts" aria-labelledby="keys" onClose=${onClose}>
      <h2 id="keys">${t("keys.title")}</h2>
      <${Pointing} />
      <div class="columns">
        ${Object.entries(GROUPS).map(([name, group]) => html`
          <section key=${name}>
            <h3>${t(`keys.group.${name}`)}</h3>
            <dl>${entries(group).map(([action, keys]) => html`
              <div key=${action}><dt>${keys.map((key) => html`<kbd>${keyLabel(key)}</kbd> `)}</dt><dd>${t(`keys.${action}`)}</dd></div>`)}
            </dl>
          </section>`)}
      </div>
      <label><input type="checkbox" checked=${enabled} onChange=${change} /> ${t("keys.on")}</label>
      <p class="dim">${t("panel.is")} ${t("panel.is_not")}</p>
      <form method="dialog"><button class="main">${t("keys.close")}</button></form>
    </dialog>`;
}

/** What mouse and fingers do on the film. */
function Pointing() {
  return html`
    <section class="pointing">
      ${["mouse", "touch"].map((kind) => html`<p><b>${t(`keys.${kind}`)}</b> ${t(`keys.${kind}_does`)}</p>`)}
    </section>`;
}

/** Return [action, keys] of a group; keys of one kind, such as the arrows that move the film, share a line. */
function entries(group) {
  const lines = new Map();
  for (const [action, keys] of Object.entries(group)) {
    const line = SHARED.find((prefix) => action.startsWith(`${prefix}_`)) ?? action;
    lines.set(line, [...(lines.get(line) ?? []), ...keys]);
  }
  return [...lines];
}

const keyLabel = (key) => key.replace(/Arrow\w+/, (arrow) => KEY_LABELS[arrow]).replace("Escape", "Esc");
