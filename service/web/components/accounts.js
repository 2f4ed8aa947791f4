/** Who may come in, for whoever manages that: users, keys of machines, who is signed in. */

import { html, useState } from "../vendor/preact.js";
import { deleteResource, postJson } from "../api.js";
import { dateTime, day } from "../format.js";
import { t } from "../words.js";
import { useManaged } from "./managed_list.js";
import { UserAccounts } from "./user_accounts.js";

const KEY_ROLES = ["sender", "reader", "engineer"];

export function Accounts({ announce }) {
  return html`
    <main id="film" class="register accounts" tabindex="-1">
      <h2>${t("accounts.title")}</h2>
      <${UserAccounts} announce=${announce} />
      <${Keys} announce=${announce} />
      <${Sessions} announce=${announce} />
    </main>`;
}

function Keys({ announce }) {
  const { value, error, run } = useManaged("v1/keys", announce);
  const [made, setMade] = useState(null);
  const add = async (event) => {
    event.preventDefault();
    const { name, role, days } = Object.fromEntries(new FormData(event.target));
    const shown = await run(postJson("v1/keys", { name, role, days: Number(days) }), t("accounts.saved"), event.target);
    setMade(shown?.key ?? null);
  };
  const remove = (name) => run(deleteResource(`v1/keys?${new URLSearchParams({ name })}`));
  return html`
    <section class="entry" aria-label=${t("accounts.keys")}>
      <h3>${t("accounts.keys")}</h3>
      <p class="error" role="alert">${error}</p>
      ${made && html`<p role="status">${t("accounts.key_made")} <code>${made}</code></p>`}
      ${value?.keys.length === 0 && html`<p class="dim">${t("settings.none")}</p>`}
      <table>
        ${value?.keys.map((key) => html`
          <tr key=${key.name}>
            <th scope="row">${key.name}</th>
            <td>${t(`role.${key.role}`)}${key.scope && ` (${key.scope.join(", ")})`}</td>
            <td>${key.expires ? t("accounts.until", { day: day(key.expires) }) : t("accounts.for_ever")}</td>
            <td>${key.used ? t("accounts.used", { time: dateTime(key.used) }) : t("accounts.unused")}</td>
            <td><${Removal} label=${t("accounts.remove", { name: key.name })} onConfirm=${() => remove(key.name)} /></td>
          </tr>`)}
      </table>
      <form class="row" onSubmit=${add}>
        <label>${t("accounts.name")} <input name="name" maxlength="64" autocomplete="off" required /></label>
        <label>${t("accounts.role")} <select name="role">${KEY_ROLES.map((role) => html`<option value=${role}>${t(`role.${role}`)}</option>`)}</select></label>
        <label>${t("accounts.days")} <input name="days" type="number" min="1" max="3650" defaultValue="90" required /></label>
        <button>${t("accounts.add")}</button>
      </form>
    </section>`;
}

function Sessions({ announce }) {
  const { value, error, run } = useManaged("v1/sessions", announce);
  const end = (id) => run(deleteResource(`v1/sessions?id=${id}`));
  return html`
    <section class="entry" aria-label=${t("accounts.sessions")}>
      <h3>${t("accounts.sessions")}</h3>
      <p class="error" role="alert">${error}</p>
      ${value?.sessions.length === 0 && html`<p class="dim">${t("settings.none")}</p>`}
      <table>
        ${value?.sessions.map((one) => html`
          <tr key=${one.id}>
            <th scope="row">${one.user}</th>
            <td>${one.address}</td>
            <td>${t("accounts.since", { time: dateTime(one.created) })}</td>
            <td>${t("accounts.used", { time: dateTime(one.seen) })}</td>
            <td><button onClick=${() => end(one.id)}>${t("accounts.end", { name: one.user })}</button></td>
          </tr>`)}
      </table>
    </section>`;
}

/** A button that asks once more. */
function Removal({ label, onConfirm }) {
  const [asked, setAsked] = useState(false);
  return asked
    ? html`<button class="main" onClick=${onConfirm}>${t("accounts.sure")}</button>
        <button onClick=${() => setAsked(false)}>${t("accounts.keep")}</button>`
    : html`<button aria-label=${label} onClick=${() => setAsked(true)}>${t("accounts.removal")}</button>`;
}
