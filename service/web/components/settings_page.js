/** Settings for administrators: what the site file says, the model, and who may sign in. */

import { html, useState } from "../vendor/preact.js";
import { getJson, postJson } from "../api.js";
import { useLoaded } from "../hooks.js";
import { problemText, t } from "../words.js";
import { Field, labelOf, resolved } from "./setting_fields.js";
import { SettingTables } from "./setting_tables.js";
import { UserAccounts } from "./user_accounts.js";

export function SettingsPage({ announce }) {
  const site = useLoaded((signal) => getJson("v1/settings", signal), []);
  const [round, setRound] = useState(0);
  const reload = () => { site.reload(); setRound(round + 1); };
  return html`
    <main id="film" class="register settings" tabindex="-1">
      <h2>${t("settings.title")}</h2>
      <p class="error" role="alert">${site.problem ? problemText(site.problem) : ""}</p>
      ${site.value && html`<${SiteForm} key=${`${round} ${site.value.version}`} site=${site.value} reload=${reload} announce=${announce} />`}
      <${ModelInUse} />
      <${UserAccounts} announce=${announce} />
    </main>`;
}

/** The site file; what is left out of it is the default. */
function SiteForm({ site, reload, announce }) {
  const { schema, elsewhere } = site;
  const [tables, setTables] = useState(site.tables);
  const [problem, setProblem] = useState(null);
  const names = Object.keys(schema.properties);
  const changed = names.filter((name) => JSON.stringify(tables[name]) !== JSON.stringify(site.tables[name]));
  const set = (name) => (value) => setTables((old) => ({ ...old, [name]: value === "" ? undefined : value }));
  const save = (event) => {
    event.preventDefault();
    setProblem(null);
    const wanted = Object.fromEntries(changed.map((name) => [name, tables[name] ?? null]));
    postJson("v1/settings", { version: site.version, tables: wanted }).then(
      () => { announce(t("settings.saved")); reload(); },
      setProblem,
    );
  };
  return html`
    <form onSubmit=${save} aria-label=${t("settings.title")}>
      <p class="dim">${t("settings.file", { file: site.file })}</p>
      ${names.map((name) => {
        const facts = { name, definitions: schema.$defs, schema: resolved(schema.properties[name], schema.$defs), disabled: name in elsewhere };
        return html`
          <div key=${name} class="entry">
            ${facts.disabled && html`<p class="dim">${t(`settings.elsewhere.${elsewhere[name]}`)}</p>`}
            ${facts.schema.type === "array"
              ? html`<${SettingTables} ...${facts} value=${tables[name] ?? []} onChange=${(list) => set(name)(list.length ? list : undefined)} />`
              : html`<${Field} ...${facts} value=${tables[name]} onChange=${set(name)} />`}
          </div>`;
      })}
      <div class="save">
        <p class="error" role="alert">${problem ? problemText(problem) : ""}</p>
        <button class="main" disabled=${!changed.length}>${t("settings.save")}</button>
        <button type="button" disabled=${!changed.length && !problem} onClick=${reload}>${t("settings.reload")}</button>
        ${changed.length > 0 && html`<span class="dim" role="status">${t("settings.unsaved", { names: changed.map(labelOf).join(", ") })}</span>`}
      </div>
    </form>`;
}

/** Which model grades, and from which score a film is called what. */
function ModelInUse() {
  const { value: model } = useLoaded((signal) => getJson("v1/model", signal), []);
  if (!model) return null;
  const [mild, moderate, severe] = model.metadata.thresholds?.severity ?? [];
  return html`
    <section class="entry" aria-label=${t("settings.model")}>
      <h3>${t("settings.model")}</h3>
      <p>${model.name} ${model.version} <code class="dim">${model.sha256.slice(0, 12)}</code></p>
      ${severe !== undefined && html`<p>${t("settings.thresholds", { mild, moderate, severe })}</p>`}
      <p class="dim">${t("settings.model_hint")}</p>
    </section>`;
}
