/** Fields of the settings, drawn from their JSON Schema; a value that is left out is the default. */

import { html, useState } from "../vendor/preact.js";
import { t } from "../words.js";

/** Return a schema with what it refers to put in, and what may also be null as what it else is. */
export function resolved(schema, definitions) {
  const { $ref: reference, anyOf, ...own } = schema;
  const other = anyOf?.find(({ type }) => type !== "null");
  const base = reference ? definitions[reference.replace("#/$defs/", "")] : other;
  return base ? { ...resolved(base, definitions), ...own } : schema;
}

/** Return the name of a setting in the page's language, else as the file has it. */
export function labelOf(key) {
  const text = t(`setting.${key}`);
  return text === `setting.${key}` ? key : text;
}

/** Return an object without a key, or with another value of it; undefined and "" take it out. */
export function withValue(object, key, value) {
  const { [key]: _, ...others } = object;
  return value === undefined || value === "" ? others : { ...others, [key]: value };
}

/** The fields of a table; `onChange(table)` gets it whole. */
export function TableFields({ schema, definitions, value, onChange, disabled }) {
  return html`
    <div class="setting-fields">
      ${Object.entries(schema.properties).filter(([, one]) => !("const" in one)).map(([key, one]) => html`
        <${Field} key=${key} name=${key} schema=${resolved(one, definitions)} definitions=${definitions} required=${schema.required?.includes(key)}
          value=${value[key]} onChange=${(wanted) => onChange(withValue(value, key, wanted))} disabled=${disabled} />`)}
    </div>`;
}

/** One setting; `value` undefined: the default. */
export function Field({ name, schema, definitions, value, onChange, disabled, required = false }) {
  const facts = { name, schema, value, onChange, disabled, required };
  if (schema.properties) {
    return html`
      <fieldset>
        <legend>${labelOf(name)}</legend>
        <${TableFields} schema=${schema} definitions=${definitions} value=${value ?? {}} disabled=${disabled}
          onChange=${(table) => onChange(Object.keys(table).length ? table : undefined)} />
      </fieldset>`;
  }
  if (schema.type === "array") return schema.items.enum ? html`<${Choices} ...${facts} />` : html`<${Texts} ...${facts} />`;
  if (schema.enum || schema.type === "boolean") return html`<${Choice} ...${facts} />`;
  return html`<${Text} ...${facts} />`;
}

/** In the page's language, and as the file has it. */
const Name = ({ name }) => html`${labelOf(name) !== name && `${labelOf(name)} `}<code class="dim">${name}</code>`;

function Labelled({ name, schema, required, children }) {
  return html`
    <div class="setting">
      <label>
        <span><${Name} name=${name} />${required && html` <b aria-hidden="true">*</b>`}</span>
        ${children}
      </label>
      ${schema.description && html`<p class="dim small" lang="en">${schema.description}</p>`}
    </div>`;
}

/** Numbers and words. */
function Text(facts) {
  const isNumber = ["number", "integer"].includes(facts.schema.type);
  const read = (text) => (isNumber && text !== "" && Number.isFinite(Number(text)) ? Number(text) : text);
  return html`<${Written} ...${facts} text=${facts.value ?? ""} read=${(text) => read(text.trim())} inputmode=${isNumber ? "decimal" : "text"} />`;
}

/** Words of one's own, by commas. */
function Texts(facts) {
  const read = (text) => text.split(",").map((word) => word.trim()).filter(Boolean);
  return html`<${Written} ...${facts} text=${(facts.value ?? []).join(", ")} read=${(text) => (read(text).length ? read(text) : undefined)} inputmode="text" />`;
}

/** What is written stays as it was written; `read(text)` is what it means. */
function Written({ text, read, inputmode, onChange, disabled, ...facts }) {
  const [written, setWritten] = useState(text);
  const write = (event) => {
    setWritten(event.target.value);
    onChange(read(event.target.value));
  };
  return html`
    <${Labelled} ...${facts}>
      <input inputmode=${inputmode} value=${written} placeholder=${shown(facts.schema.default)} required=${facts.required} disabled=${disabled} onInput=${write} />
    <//>`;
}

function Choice({ onChange, value, disabled, ...facts }) {
  const { schema, required } = facts;
  const values = schema.type === "boolean" ? [true, false] : schema.enum;
  return html`
    <${Labelled} ...${facts}>
      <select disabled=${disabled} onChange=${(event) => onChange(values[event.target.selectedIndex - 1])}>
        <option selected=${value === undefined}>${required ? "" : t("settings.default", { value: shown(schema.default) })}</option>
        ${values.map((one) => html`<option selected=${one === value}>${shown(one)}</option>`)}
      </select>
    <//>`;
}

/** Some of a few words. */
function Choices({ name, schema, value, onChange, disabled }) {
  const chosen = value ?? schema.default ?? [];
  const choose = (one) => (event) => onChange(schema.items.enum.filter((other) => (other === one ? event.target.checked : chosen.includes(other))));
  return html`
    <fieldset class="choices">
      <legend><${Name} name=${name} /></legend>
      ${schema.items.enum.map((one) => html`
        <label><input type="checkbox" checked=${chosen.includes(one)} disabled=${disabled} onChange=${choose(one)} /> ${one}</label>`)}
    </fieldset>`;
}

function shown(value) {
  if (typeof value === "boolean") return t(value ? "settings.yes" : "settings.no");
  if (Array.isArray(value)) return value.join(", ");
  return value ?? "";
}
