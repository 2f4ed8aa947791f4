/** Filters that this browser keeps by name, and those for films that nobody has read, and for one's own. */

import { html, useState } from "../vendor/preact.js";
import { t } from "../words.js";

const STORAGE_KEY = "radiograde.filters";
const MAX_NAME_LENGTH = 30;
const UNREAD = { status: "scored", reviewed: "no" };
const MINE = { assigned: "me", reviewed: "no" };

/** `filters` are those in use, `none` the default, `choose(facts)` sets some of them. */
export function SavedFilters({ filters, none, choose }) {
  const [saved, setSaved] = useState(read);
  const keep = (list) => {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(list));
    setSaved(list);
  };
  const save = (event) => {
    event.preventDefault();
    const name = new FormData(event.target).get("name").trim();
    if (!name) return;
    // What a search names may be a patient, and stays out of the browser's storage.
    keep([...saved.filter((one) => one.name !== name), { name, filters: { ...filters, search: "" } }]);
    event.target.reset();
  };
  const isOn = (wanted) => Object.entries(wanted).every(([name, value]) => filters[name] === value);
  const toggle = (wanted) => choose(isOn(wanted) ? Object.fromEntries(Object.keys(wanted).map((name) => [name, ""])) : wanted);
  return html`
    <div class="row saved">
      <button class="quiet" aria-pressed=${String(isOn(UNREAD))} onClick=${() => toggle(UNREAD)}>${t("worklist.unread")}</button>
      <button class="quiet" aria-pressed=${String(isOn(MINE))} onClick=${() => toggle(MINE)}>${t("worklist.mine")}</button>
      ${saved.map(({ name, filters: kept }) => html`
        <span key=${name} class="group">
          <button class="quiet" onClick=${() => choose({ ...none, ...kept })}>${name}</button>
          <button class="quiet" aria-label=${t("worklist.forget", { name })} onClick=${() => keep(saved.filter((one) => one.name !== name))}>×</button>
        </span>`)}
      ${filters !== none && html`
        <form class="row" onSubmit=${save}>
          <input name="name" required maxlength=${MAX_NAME_LENGTH} aria-label=${t("worklist.save_as")} placeholder=${t("worklist.save_as")} />
          <button>${t("worklist.save")}</button>
        </form>`}
    </div>`;
}

function read() {
  try {
    const list = JSON.parse(localStorage.getItem(STORAGE_KEY));
    return Array.isArray(list) ? list : [];
  } catch {
    return [];
  }
}
