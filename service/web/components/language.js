/** The choice of language. */

import { html } from "../vendor/preact.js";
import { current, languages } from "../words.js";

export function LanguageChoice({ onLanguage }) {
  return html`
    <select class="quiet" aria-label="Language, 언어" value=${current()} onChange=${(event) => onLanguage(event.target.value)}>
      ${languages.map(({ code, name }) => html`<option value=${code} lang=${code} selected=${code === current()}>${name}</option>`)}
    </select>`;
}
