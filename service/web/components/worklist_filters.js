/** The worklist's search, order and filters. */

import { html } from "../vendor/preact.js";
import { useDebounced } from "../hooks.js";
import { t } from "../words.js";
import { SavedFilters } from "./saved_filters.js";

/** The whole list, last received first. */
export const NO_FILTERS = Object.freeze({ order: "newest", search: "", severity: "", status: "", reviewed: "", assigned: "", project: "", since: "", until: "" });

const ORDERS = ["newest", "acquired", "severest"];
const CHOICES = {
  severity: ["none", "mild", "moderate", "severe"],
  status: ["scored", "rejected", "failed", "waiting"],
  reviewed: ["yes", "no"],
  assigned: ["me", "nobody"],
};
const NARROWING = [...Object.keys(CHOICES), "since", "until"];
const TYPING_MS = 300;
const MAX_SEARCH_LENGTH = 100;

/** Return the query string of a page of the worklist; `more`: {after} or {id: [...]}. */
export function query(filters, limit, more = {}) {
  const wanted = Object.entries({ ...filters, limit, ...more }).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  return new URLSearchParams(wanted.filter(([, value]) => value)).toString();
}

/** `readsFirst`: films are graded before their scores are shown, so none is found by its score. */
export function Filters({ worklist, identifiers, readsFirst, user }) {
  const { filters, setFilters, filtersRef, grouped, setGrouped, films, next, loaded } = worklist;
  const set = (facts) => {
    const chosen = { ...filters, ...facts };
    const isDefault = Object.keys(chosen).every((key) => chosen[key] === NO_FILTERS[key]);
    setFilters(isDefault ? NO_FILTERS : chosen);
  };
  const choose = (name) => (event) => set({ [name]: event.target.value });
  const search = useDebounced((text) => set({ search: text.trim() }), TYPING_MS);
  const active = NARROWING.filter((name) => filters[name]).length;
  const label = (name, value) => t(name === "reviewed" || name === "assigned" ? `worklist.${name}.${value}` : `${name}.${value}`);
  const clear = () => set(Object.fromEntries(NARROWING.map((name) => [name, ""])));
  return html`
    <div class="filters" ref=${filtersRef}>
      <div class="heading">
        <h2 id="films">${t("worklist.title")} ${loaded && html`<span class="dim small">${films.length}${next && "+"}</span>`}</h2>
        <select class="quiet" aria-label=${t("worklist.order")} title=${t("worklist.order")} value=${filters.order} onChange=${choose("order")}>
          ${ORDERS.filter((order) => !(readsFirst && order === "severest")).map((order) => html`<option value=${order} selected=${order === filters.order}>${t(`worklist.order.${order}`)}</option>`)}
        </select>
      </div>
      <${ProjectChoice} user=${user} chosen=${filters.project} onChange=${choose("project")} />
      <input type="search" maxlength=${MAX_SEARCH_LENGTH} aria-label=${t("worklist.search")} placeholder=${t(`worklist.search.${identifiers}`)} onInput=${(event) => search(event.target.value)} />
      <${SavedFilters} filters=${filters} none=${NO_FILTERS} choose=${set} />
      <details>
        <summary>${t("worklist.filters")}${active > 0 && html` <span class="tag">${active}</span>`}</summary>
        <div class="grid">
          ${Object.entries(CHOICES).filter(([name]) => !(readsFirst && name === "severity")).map(([name, values]) => html`
            <label key=${name}>${t(`worklist.${name}`)}
              <select value=${filters[name]} onChange=${choose(name)}>
                <option value="" selected=${!filters[name]}>${t("worklist.any")}</option>
                ${values.map((value) => html`<option value=${value} selected=${value === filters[name]}>${label(name, value)}</option>`)}
              </select>
            </label>`)}
          ${["since", "until"].map((name) => html`
            <label key=${name}>${t(`worklist.${name}`)}<input type="date" value=${filters[name]} onChange=${choose(name)} /></label>`)}
        </div>
        <label class="grouping"><input type="checkbox" checked=${grouped} onChange=${(event) => setGrouped(event.target.checked)} /> ${t("worklist.group")}</label>
        ${active > 0 && html`<button class="quiet" onClick=${clear}>${t("worklist.clear")}</button>`}
      </details>
    </div>`;
}

/** For whoever sees more than the films of one project: those of which one are listed. */
function ProjectChoice({ user, chosen, onChange }) {
  const readable = user.projects.filter(({ permissions }) => permissions.includes("read"));
  if (readable.length < (user.pool ? 1 : 2)) return null;
  return html`
    <select class="project" aria-label=${t("worklist.project")} title=${t("worklist.project")} value=${chosen} onChange=${onChange}>
      <option value="" selected=${!chosen}>${t(user.pool ? "worklist.project.pool" : "worklist.project.all")}</option>
      ${readable.map(({ id, name }) => html`<option key=${id} value=${id} selected=${id === chosen}>${name}</option>`)}
    </select>`;
}
