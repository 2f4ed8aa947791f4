/** A film put into the projects of a data steward, or taken out of them. */

import { html, useState } from "../vendor/preact.js";
import { deleteResource, postJson } from "../api.js";
import { problemText, t } from "../words.js";

export function FilmProjects({ id, user, announce }) {
  const [problem, setProblem] = useState(null);
  const own = user.projects.filter(({ permissions }) => permissions.includes("curate"));
  if (!own.length) return null;
  const move = (event) => {
    const [way, projectId] = event.target.value.split(" ");
    event.target.value = "";
    const { name } = own.find((project) => project.id === projectId);
    const path = `v1/projects/${projectId}/films`;
    setProblem(null);
    const moved = way === "in" ? postJson(path, { films: [id] }) : deleteResource(`${path}?film=${id}`);
    moved.then(() => announce(t(`projects.film_${way}_done`, { name })), setProblem);
  };
  return html`
    <label class="assignment">${t("projects.title")}
      <select class="quiet" value="" onChange=${move}>
        <option value="" selected>–</option>
        ${own.flatMap((project) => ["in", "out"].map((way) => html`
          <option key=${`${way} ${project.id}`} value=${`${way} ${project.id}`}>${t(`projects.film_${way}`, { name: project.name })}</option>`))}
      </select>
    </label>
    ${problem && html`<p class="error" role="alert">${problemText(problem)}</p>`}`;
}
