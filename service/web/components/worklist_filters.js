/** The worklist's filters and order. */

import { html } from "../vendor/preact.js";
import { t } from "../words.js";

/** The whole list, newest first. */
export const NO_FILTERS = Object.freeze({ order: "newest", severity: "", status: "", reviewed: "", since: "", until: "" });

const CHOICES = {
  severity: ["none", "mild", "moderate", "severe"],
  status: ["scored", "rejected", "failed", "waiting"],
  reviewed: ["yes", "no"],
};

/** Return the query string of a page of the worklist. */
export function query(filters, limit, after = null) {
  const wanted = Object.entries({ ...filters, limit, after }).filter(([, value]) => value);
  return new URLSearchParams(wanted).toString();
}

export function Filters({ worklist }) {
  const { filters, setFilters, filtersRef } = worklist;
  const set = (name) => (event) => {
    const chosen = { ...filters, [name]: event.target.value };
    const isDefault = Object.keys(chosen).every((key) => chosen[key] === NO_FILTERS[key]);
    setFilters(isDefault ? NO_FILTERS : chosen);
  };
  const active = Object.keys(filters).filter((key) => key !== "order" && filters[key]).length;
  const label = (name, value) => t(name === "reviewed" ? `worklist.reviewed.${value}` : `${name}.${value}`);
  return html`
    <details class="filters" ref=${filtersRef}>
      <summary>${t("worklist.filters")}${active > 0 && html` <span class="tag">${active}</span>`}</summary>
      <div class="grid">
        <label>${t("worklist.order")}
          <select value=${filters.order} onChange=${set("order")}>
            ${["newest", "severest"].map((order) => html`<option value=${order} selected=${order === filters.order}>${t(`worklist.order.${order}`)}</option>`)}
          </select>
        </label>
        ${Object.entries(CHOICES).map(([name, values]) => html`
          <label key=${name}>${t(`worklist.${name}`)}
            <select value=${filters[name]} onChange=${set(name)}>
              <option value="" selected=${!filters[name]}>${t("worklist.any")}</option>
              ${values.map((value) => html`<option value=${value} selected=${value === filters[name]}>${label(name, value)}</option>`)}
            </select>
          </label>`)}
        ${["since", "until"].map((name) => html`
          <label key=${name}>${t(`worklist.${name}`)}<input type="date" value=${filters[name]} onChange=${set(name)} /></label>`)}
      </div>
      ${active > 0 && html`<button class="quiet" onClick=${() => setFilters({ ...NO_FILTERS, order: filters.order })}>${t("worklist.clear")}</button>`}
    </details>`;
}
