/** The bar above everything: what this is, what it is not, who is here. */

import { html } from "../vendor/preact.js";
import { t } from "../words.js";
import { LanguageChoice } from "./language.js";

export function TopBar({ session, connected, onLanguage, onHelp }) {
  const { sign_in: signIn, user } = session.facts;
  return html`
    <header class="bar">
      <a class="brand" href="#/"><img src="assets/icon.svg" alt="" width="24" height="24" /><h1>Radiograde</h1></a>
      <p class="notice">${t("notice")}</p>
      <span class=${connected ? "live" : "live off"} role="status">${t(connected ? "worklist.live" : "worklist.away")}</span>
      <a class="quiet" href="docs" target="_blank" rel="noopener">API</a>
      <${LanguageChoice} onLanguage=${onLanguage} />
      <button class="quiet" onClick=${onHelp} aria-label=${t("keys.open")} title=${t("keys.open")}>?</button>
      ${signIn && html`
        <span class="who">${t("sign_in.as", { name: user.name, role: t(`role.${user.role}`) })}</span>
        <button class="quiet" onClick=${session.signOut}>${t("sign_in.out")}</button>`}
    </header>`;
}
