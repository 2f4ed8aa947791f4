/** Every keyboard shortcut of the page in one table, and the dialog under "?" that lists them. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { t } from "../words.js";

const GROUPS = {
  films: { next: ["j"], previous: ["k"], list: ["b"], search: ["q"], filter: ["/"], add: ["u"] },
  film: {
    window: ["w"], pan: ["h"], zoom: ["s"],
    level_up: ["Shift+ArrowUp"], level_down: ["Shift+ArrowDown"], width_up: ["Shift+ArrowRight"], width_down: ["Shift+ArrowLeft"],
    preset: ["p"], invert: ["i"], mirror: ["m"], fit: ["f"], actual: ["1"], in: ["+", "="], out: ["-"],
    move_left: ["ArrowLeft"], move_right: ["ArrowRight"], move_up: ["ArrowUp"], move_down: ["ArrowDown"],
    overlay: ["o"], overlay_down: ["["], overlay_up: ["]"], outlines: ["l"], zones: ["z"], compare: ["c"],
  },
  result: { accept: ["a"], correct: ["e"], not_gradable: ["n"], copy: ["t"], print: ["r"], deliver: ["d"], help: ["?"], escape: ["Escape"] },
};
const ACTION_OF = Object.fromEntries(
  Object.values(GROUPS).flatMap((group) => Object.entries(group).flatMap(([action, keys]) => keys.map((key) => [key, action]))),
);
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

function keyOf(event) {
  const arrow = event.key.startsWith("Arrow");
  return arrow && event.shiftKey ? `Shift+${event.key}` : event.key.length === 1 ? event.key.toLowerCase() : event.key;
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

/** Return [action, keys] of a group; the four arrows that move the film share one line. */
function entries(group) {
  const { move_left, move_right, move_up, move_down, ...rest } = group;
  return move_left ? [...Object.entries(rest), ["move", [...move_left, ...move_right, ...move_up, ...move_down]]] : Object.entries(rest);
}

const keyLabel = (key) => key.replace(/Arrow\w+/, (arrow) => KEY_LABELS[arrow]).replace("Escape", "Esc");
