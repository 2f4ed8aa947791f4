/** Who may sign in: added, given another role or password, removed. */

import { html } from "../vendor/preact.js";
import { deleteResource, postJson } from "../api.js";
import { day } from "../format.js";
import { t } from "../words.js";
import { useManaged } from "./managed_list.js";

const ROLES = ["reader", "engineer", "researcher", "manager", "administrator", "member"];
const SHORTEST_PASSWORD = 12;

export function UserAccounts({ announce }) {
  const { value, error, run } = useManaged("v1/users", announce);
  const users = value?.users ?? [];
  const add = (event) => {
    event.preventDefault();
    const account = Object.fromEntries(new FormData(event.target));
    run(postJson("v1/users", account), t("users.added", { name: account.name }), event.target);
  };
  return html`
    <section class="entry" aria-label=${t("users.title")}>
      <h3>${t("users.title")}</h3>
      ${value && !users.length && html`<p class="dim">${t("users.none")}</p>`}
      ${users.map((user) => html`<${Account} key=${user.name} user=${user} run=${run} />`)}
      <form class="row" onSubmit=${add}>
        <label>${t("users.name")} <input name="name" required maxlength="64" autocomplete="off" /></label>
        <label>${t("users.role")} <${RoleChoice} name="role" value="reader" /></label>
        <${Password} />
        <button>${t("users.add")}</button>
      </form>
      <p class="error" role="alert">${error}</p>
    </section>`;
}

function Account({ user, run }) {
  const { name, role, source, created } = user;
  const setRole = (chosen) => run(postJson("v1/users/role", { name, role: chosen }));
  const setPassword = (event) => {
    event.preventDefault();
    const { password } = Object.fromEntries(new FormData(event.target));
    run(postJson("v1/users/password", { name, password }), t("users.password_set", { name }), event.target);
  };
  const remove = () => confirm(t("users.remove_sure", { name })) && run(deleteResource(`v1/users?${new URLSearchParams({ name })}`), t("users.removed", { name }));
  return html`
    <form class="row account" onSubmit=${setPassword}>
      <b>${name}</b> <${RoleChoice} label=${t("accounts.role_of", { name })} value=${role} disabled=${source !== "local"} onChange=${setRole} />
      <span class="dim">${t(`accounts.source.${source}`)}</span> <span class="dim">${day(created)}</span>
      ${source === "local" && html`<${Password} /> <button>${t("users.set_password")}</button>`}
      <button type="button" onClick=${remove}>${t("users.remove")}</button>
    </form>`;
}

const Password = () => html`
  <label>${t("users.password")} <input name="password" type="password" required minlength=${SHORTEST_PASSWORD} autocomplete="new-password" /></label>`;

function RoleChoice({ value, label, name, disabled = false, onChange = () => {} }) {
  // One that signs in elsewhere may have a role that is not given here.
  const shown = ROLES.includes(value) ? ROLES : [value, ...ROLES];
  return html`
    <select name=${name} aria-label=${label} value=${name ? undefined : value} disabled=${disabled} onChange=${(event) => onChange(event.target.value)}>
      ${shown.map((role) => html`<option value=${role} selected=${role === value}>${t(`role.${role}`)}</option>`)}
    </select>`;
}
