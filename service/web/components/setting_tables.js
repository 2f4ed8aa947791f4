/** Tables of which the site file may have several: destinations, rules, notifications. */

import { html, useState } from "../vendor/preact.js";
import { postJson } from "../api.js";
import { problemText, t } from "../words.js";
import { labelOf, resolved, TableFields } from "./setting_fields.js";

const TRIED = ["destination", "notify"];
const MARKS = { ok: "✓", warn: "!", fail: "✗" };

export function SettingTables({ name, schema, definitions, value, onChange, disabled }) {
  const kinds = kindsOf(schema.items, definitions);
  const put = (place, table) => onChange(value.map((one, other) => (other === place ? table : one)));
  const drop = (place) => onChange(value.filter((_, other) => other !== place));
  const add = (kind) => onChange([...value, kind ? { name: "", type: kind } : {}]);
  return html`
    <h3>${labelOf(name)} <code class="dim">[[${name}]]</code></h3>
    ${!value.length && html`<p class="dim">${t("settings.none")}</p>`}
    ${value.map((table, place) => html`
      <${OneTable} key=${place} list=${name} schema=${kinds.get(table.type ?? "")} definitions=${definitions} value=${table} disabled=${disabled}
        onChange=${(wanted) => put(place, wanted)} onRemove=${() => drop(place)} />`)}
    <div class="row">
      ${[...kinds.keys()].map((kind) => html`
        <button key=${kind} type="button" disabled=${disabled} onClick=${() => add(kind)}>${t("settings.add", { what: kind || labelOf(name) })}</button>`)}
    </div>`;
}

/** Return the schemas of what a list holds, by their type, "" where there is one kind alone. */
function kindsOf(items, definitions) {
  const mapping = items.discriminator?.mapping;
  const kinds = mapping ? Object.entries(mapping) : [["", items.$ref]];
  return new Map(kinds.map(([kind, reference]) => [kind, resolved({ $ref: reference }, definitions)]));
}

function OneTable({ list, schema, definitions, value, onChange, onRemove, disabled }) {
  const [isNew] = useState(!value.name && !value.to);
  if (!schema) return null;
  const title = value.name || (value.to ? `→ ${value.to.join(", ")}` : t("settings.new"));
  return html`
    <details open=${isNew}>
      <summary>${title} ${value.type && html`<span class="tag">${value.type}</span>`}</summary>
      <${TableFields} schema=${schema} definitions=${definitions} value=${value} onChange=${onChange} disabled=${disabled} />
      <div class="row">
        ${TRIED.includes(list) && html`<${Trial} table=${list} config=${value} />`}
        <button type="button" disabled=${disabled} onClick=${onRemove}>${t("settings.remove")}</button>
      </div>
    </details>`;
}

/** Tries a destination as it stands in the form, saved or not. */
function Trial({ table, config }) {
  const [state, setState] = useState({});
  const run = () => {
    setState({ running: true });
    postJson("v1/settings/trial", { table, config }).then(({ findings }) => setState({ findings }), (problem) => setState({ problem }));
  };
  const { running, findings, problem } = state;
  return html`
    <button type="button" disabled=${running} onClick=${run}>${t("settings.try")}</button>
    <div class="findings" role="status">
      ${running && t("settings.trying")}
      ${problem && html`<p class="error">${problemText(problem)}</p>`}
      ${findings?.map(({ what, level, advice }) => html`<p lang="en"><b class=${level}>${MARKS[level]}</b> ${what}${advice && html`<br /><span class="dim">${advice}</span>`}</p>`)}
    </div>`;
}
