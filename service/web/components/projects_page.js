/** Research projects, for whoever manages some: made, named, closed; their members and films. */

import { html, useState } from "../vendor/preact.js";
import { deleteResource, getJson, postJson } from "../api.js";
import { day } from "../format.js";
import { useLoaded } from "../hooks.js";
import { problemText, t } from "../words.js";

const ROLES = ["reader", "engineer", "researcher", "steward", "administrator"];
const SEVERITIES = ["none", "mild", "moderate", "severe"];

export function ProjectsPage({ announce, user }) {
  const list = useLoaded((signal) => getJson("v1/projects", signal), []);
  const [error, setError] = useState("");
  const mayMake = user.permissions.includes("manage");
  /** Do what changes something, say so, and load the list again; return whether it was done. */
  const run = async (work, said) => {
    setError("");
    try {
      announce(said(await work()));
      list.reload();
      return true;
    } catch (problem) {
      setError(problemText(problem));
      return false;
    }
  };
  const add = async (event) => {
    event.preventDefault();
    const { target } = event;
    const { name } = Object.fromEntries(new FormData(target));
    if (await run(() => postJson("v1/projects", { name }), () => t("accounts.saved"))) target.reset();
  };
  const projects = list.value?.projects ?? [];
  return html`
    <main id="film" class="register accounts" tabindex="-1">
      <h2>${t("projects.title")}</h2>
      <p class="error" role="alert">${list.problem ? problemText(list.problem) : error}</p>
      ${list.value && !projects.length && html`<p class="dim">${t("projects.none")}</p>`}
      ${projects.map((project) => html`<${Project} key=${project.id} project=${project} allowed=${allowedIn(project, user)} run=${run} />`)}
      ${mayMake && html`
        <form class="row" onSubmit=${add}>
          <label>${t("projects.new")} <input name="name" maxlength="64" autocomplete="off" required /></label>
          <button>${t("projects.add")}</button>
        </form>`}
    </main>`;
}

/** Return what somebody may do in a project; who manages all may do everything. */
const allowedIn = (project, user) =>
  user.permissions.includes("manage")
    ? ["enrol", "govern", "curate"]
    : user.projects.find(({ id }) => id === project.id)?.permissions ?? [];

function Project({ project, allowed, run }) {
  const { id, name, films, created, closed } = project;
  const path = `v1/projects/${id}`;
  return html`
    <section class="entry" aria-label=${name}>
      <h3>${name}</h3>
      <p class="dim">${[t("projects.films", { count: films }), t("projects.since", { day: day(created) }), closed && t("projects.closed", { day: day(closed) })].filter(Boolean).join(" · ")}</p>
      ${!closed && html`
        <${Members} path=${path} run=${run} />
        ${allowed.includes("curate") && html`<${FilmsOf} path=${path} run=${run} />`}
        ${allowed.includes("govern") && html`<${Naming} path=${path} name=${name} run=${run} />`}`}
    </section>`;
}

function Members({ path, run }) {
  const list = useLoaded((signal) => getJson(`${path}/members`, signal), [path]);
  const change = async (work) => {
    const done = await run(work, () => t("accounts.saved"));
    list.reload();
    return done;
  };
  const add = async (event) => {
    event.preventDefault();
    const { target } = event;
    if (await change(() => postJson(`${path}/members`, Object.fromEntries(new FormData(target))))) target.reset();
  };
  const remove = (user) => change(() => deleteResource(`${path}/members?${new URLSearchParams({ user })}`));
  const members = list.value?.members ?? [];
  return html`
    <h4>${t("projects.members")}</h4>
    ${list.value && !members.length && html`<p class="dim">${t("projects.nobody")}</p>`}
    <table>
      ${members.map((member) => html`
        <tr key=${member.user}>
          <th scope="row">${member.user}</th>
          <td>${t(`role.${member.role}`)}</td>
          <td>${member.by_group
            ? html`<span class="dim">${t("projects.by_group")}</span>`
            : html`<button aria-label=${`${t("projects.dismiss")}: ${member.user}`} onClick=${() => remove(member.user)}>${t("projects.dismiss")}</button>`}</td>
        </tr>`)}
    </table>
    <form class="row" onSubmit=${add}>
      <label>${t("users.name")} <input name="user" maxlength="64" autocomplete="off" required /></label>
      <label>${t("users.role")} <select name="role">${ROLES.map((role) => html`<option value=${role}>${t(`role.${role}`)}</option>`)}</select></label>
      <button>${t("projects.enrol")}</button>
    </form>`;
}

/** Films of the worklist, put in by days and severity. */
function FilmsOf({ path, run }) {
  const add = (event) => {
    event.preventDefault();
    const { since, until, severity } = Object.fromEntries(new FormData(event.target));
    const filter = { since, until: until || null, severity: severity ? [severity] : [] };
    run(
      () => postJson(`${path}/films`, { filter }),
      ({ films, more }) => t(more ? "projects.put_more" : "projects.put", { count: films }),
    );
  };
  return html`
    <h4>${t("projects.put_in")}</h4>
    <form class="row" onSubmit=${add}>
      <label>${t("worklist.since")} <input type="date" name="since" required /></label>
      <label>${t("worklist.until")} <input type="date" name="until" /></label>
      <label>${t("worklist.severity")} <select name="severity">
        <option value="">${t("worklist.any")}</option>
        ${SEVERITIES.map((one) => html`<option value=${one}>${t(`severity.${one}`)}</option>`)}
      </select></label>
      <button>${t("projects.put_in_button")}</button>
    </form>`;
}

function Naming({ path, name, run }) {
  const rename = (event) => {
    event.preventDefault();
    run(() => postJson(`${path}/name`, Object.fromEntries(new FormData(event.target))), () => t("accounts.saved"));
  };
  const close = () => confirm(t("projects.close_sure", { name })) && run(() => postJson(`${path}/close`, {}), () => t("accounts.saved"));
  return html`
    <form class="row" onSubmit=${rename}>
      <label>${t("projects.name")} <input name="name" value=${name} maxlength="64" autocomplete="off" required /></label>
      <button>${t("projects.rename")}</button>
      <button type="button" onClick=${close}>${t("projects.close")}</button>
    </form>`;
}
