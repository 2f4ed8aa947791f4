/** The bar above everything: product, notice, connection, language, user. */

import { html } from "../vendor/preact.js";
import { currentLanguage, languages, t } from "../words.js";

/** `pages`: [name, {title}] of the pages beside the films that the user may open. */
export function TopBar({ session, connected, pages, onLanguage, onHelp }) {
  const { sign_in: signIn, user } = session.facts;
  return html`
    <header class="bar">
      <a class="brand" href="#/"><img src="assets/icon.svg" alt="" width="24" height="24" /><h1>Radiograde</h1></a>
      <p class="notice">${t("notice")}</p>
      <span class=${connected ? "live" : "live off"} role="status">${t(connected ? "worklist.live" : "worklist.away")}</span>
      ${pages.length > 0 && html`<nav>${pages.map(([name, { title }]) => html`<a key=${name} class="quiet" href=${`#/${name}`}>${t(title)}</a>`)}</nav>`}
      <a class="quiet" href="docs" target="_blank" rel="noopener">API</a>
      <${LanguageChoice} onLanguage=${onLanguage} />
      <button class="quiet" onClick=${onHelp} aria-label=${t("keys.open")} title=${t("keys.open")}>?</button>
      ${signIn && html`
        <span class="user">${t("sign_in.as", { name: user.name, role: t(`role.${user.role}`) })}</span>
        <button class="quiet" onClick=${session.signOut}>${t("sign_in.out")}</button>`}
    </header>`;
}

export function LanguageChoice({ onLanguage }) {
  return html`
    <select class="quiet" aria-label="Language, 언어" value=${currentLanguage()} onChange=${(event) => onLanguage(event.target.value)}>
      ${languages.map(({ code, name }) => html`<option value=${code} lang=${code} selected=${code === currentLanguage()}>${name}</option>`)}
    </select>`;
}
