/** One film, or two side by side, with the result beside it. */

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { problemWords, t } from "../words.js";
import { useFilm, usePicture } from "./film_data.js";
import { useKeys } from "./shortcuts.js";
import { link } from "./linked_viewers.js";
import { Panel } from "./result_panel.js";
import { Stage } from "./viewport.js";
import { Timeline, before } from "./timeline.js";
import { filmKeys } from "./viewer_shortcuts.js";
import { SHOWN, Toolbar } from "./toolbar.js";

export function Workplace({ id, other, go, user, session, pulse, say }) {
  const film = useFilm(id, pulse);
  const graded = film.value?.result ?? null;
  const [shown, setShown] = useState(SHOWN);
  const [viewer, setViewer] = useState(null);
  const [second, setSecond] = useState(null);
  const review = useRef(null);
  const report = useRef(null);
  const history = film.value?.history;
  const earlier = history && before(history, id);
  const compare = () => {
    if (other) go("film", id);
    else if (earlier) go("film", id, earlier.id);
    else say(t("compare.none"));
  };
  useEffect(() => (viewer && second ? link(viewer, second) : undefined), [viewer, second]);
  useKeys({
    ...filmKeys(viewer, shown, setShown),
    compare,
    accept: () => review.current?.("accepted"),
    correct: () => review.current?.("corrected"),
    not_gradable: () => review.current?.("not_gradable"),
    copy: () => report.current?.copy(),
    print: () => report.current?.print(),
    escape: () => other && go("film", id),
  });
  if (film.problem && !film.value) {
    return html`
      <main id="film" class="welcome" tabindex="-1">
        <p class="fault" role="alert">${problemWords(film.problem)}</p>
        <button onClick=${film.again}>${t("problem.retry")}</button>
      </main>`;
  }
  return html`
    <main id="film" class="film" tabindex="-1">
      <${Toolbar} viewer=${viewer} shown=${shown} setShown=${setShown} comparing=${Boolean(other)} canCompare=${Boolean(other || earlier)} compare=${compare} />
      <div class=${other ? "stages two" : "stages"}>
        ${other && html`<${Pair} key=${other} id=${other} shown=${shown} onViewer=${setSecond} pulse=${pulse} />`}
        <${Shown} id=${id} film=${film.value} shown=${shown} onViewer=${setViewer} caption=${other && t("compare.this")} />
      </div>
      ${history && html`<${Timeline} history=${history} row=${film.value.row} id=${id} other=${other} href=${(one) => (other && one !== id ? `#/film/${id}/${one}` : `#/film/${one}`)} />`}
    </main>
    <${Panel} film=${film.value} result=${graded} user=${user} session=${session} say=${say} onChanged=${film.again} reviewRef=${review} reportRef=${report} />`;
}

/** The film to compare with: loaded here, since it has no panel. */
function Pair({ id, shown, onViewer, pulse }) {
  const film = useFilm(id, pulse);
  return html`<${Shown} id=${id} film=${film.value} shown=${shown} onViewer=${onViewer} caption=${t("compare.other")} />`;
}

function Shown({ id, film, shown, onViewer, caption }) {
  const readable = film !== null && film.result !== null && film.result.status !== "failed";
  const picture = usePicture(id, readable);
  return html`<${Stage} film=${film} picture=${picture.value} problem=${picture.problem} readable=${readable} shown=${shown} onViewer=${onViewer} caption=${caption} />`;
}
