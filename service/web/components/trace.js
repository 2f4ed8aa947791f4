/** How a score came about, for an engineer: what computed it, and what each stage gave. */

import { html, useState } from "../vendor/preact.js";
import { getJson } from "../api.js";
import { useLoaded } from "../hooks.js";
import { problemText, t } from "../words.js";

const SHOWN_OF_DIGEST = 12;

export function Trace({ id }) {
  const [isOpen, setOpen] = useState(false);
  return html`
    <details class="about trace" onToggle=${({ target }) => setOpen(target.open)}>
      <summary>${t("trace.title")}</summary>
      ${isOpen && html`<${Parts} id=${id} />`}
    </details>`;
}

function Parts({ id }) {
  const trace = useLoaded((signal) => getJson(`v1/results/${id}/trace`, signal), [id]);
  if (trace.problem) {
    return html`<p role="alert">${trace.problem.status === 404 ? t("trace.none") : problemText(trace.problem)}</p>`;
  }
  if (!trace.value) return null;
  return html`
    <dl>${rowsOf(trace.value).map(([name, value]) => html`<dt>${t(`trace.${name}`)}</dt><dd>${value}</dd>`)}</dl>
    <p class="dim small">${t("trace.replay", { command: `radiograde replay ${id}` })}
      ${" "}<a href=${`v1/results/${id}/trace`} target="_blank" rel="noopener">JSON</a></p>`;
}

/** Return [name, text] of each part that this film has. */
function rowsOf({ model, radiograde, code, libraries, python, system, processor, provider, threads, settings, stages }) {
  const { decoding, greyscale, preparation, network } = stages ?? {};
  return [
    ["model", `${model.name} ${model.version}, ${digest(model.sha256)}`],
    ["program", `${radiograde}, ${digest(code)}`],
    ["libraries", pairs({ ...libraries, Python: python })],
    ["runs_on", `${provider}, ${t("trace.threads", { count: threads })}, ${processor}, ${system}`],
    ["settings", pairs(settings)],
    decoding && ["pixels", `${decoding.shape.join(" × ")}, ${digest(decoding.pixels)}`],
    greyscale?.shades && ["shades", digest(greyscale.shades)],
    preparation && ["crop", `${preparation.crop.join(", ")}, ${digest(preparation.square)}`],
    network && ["passes", network.passes.map((value) => value.toFixed(3)).join(", ")],
    network && ["scope", pairs(Object.fromEntries(Object.entries(network.scope).map(([name, share]) => [name, share.toFixed(4)])))],
  ].filter(Boolean);
}

const digest = (hex) => hex.slice(0, SHOWN_OF_DIGEST);

const pairs = (values) => Object.entries(values).map(([name, value]) => `${name} ${value}`).join(", ");
