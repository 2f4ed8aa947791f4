/** What a film shows, in sentences that the service made from its numbers. */

import { html } from "../vendor/preact.js";
import { currentLanguage } from "../words.js";

/** Return the statement in the page's language, as {label, text}; undefined where there is none. */
export const statementOf = ({ statements }) => statements.find(({ language }) => language === currentLanguage());

export function Statement({ film }) {
  const statement = statementOf(film);
  if (!statement) return null;
  return html`
    <p class="statement">
      <span class="text">${statement.text}</span>
      <span class="dim small">${statement.label}</span>
    </p>`;
}
