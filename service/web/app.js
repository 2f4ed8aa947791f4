/** The page, put together: bar, worklist, film, result. */

import { html, render, useCallback, useEffect, useRef, useState } from "./vendor/preact.js";
import { onSignedOut } from "./api.js";
import { useEvents, useRoute, useSettled } from "./hooks.js";
import { KeysDialog, useKeys } from "./components/shortcuts.js";
import { useSession } from "./components/session.js";
import { SignIn } from "./components/sign_in.js";
import { TopBar } from "./components/top_bar.js";
import { Uploads, useDrop, useUploads } from "./components/uploads.js";
import { Welcome } from "./components/welcome.js";
import { Workplace } from "./components/film_view.js";
import { Worklist, useWorklist } from "./components/worklist.js";
import { choose, loadWords, problemWords, t } from "./words.js";

function Page() {
  const session = useSession();
  const [, speak] = useState(0);
  useEffect(() => onSignedOut(session.end), []);
  const changeLanguage = (code) => {
    choose(code);
    speak((count) => count + 1);
  };
  if (session.facts === null) return html`<p class="loading" role="status">${session.problem ? problemWords(session.problem) : ""}</p>`;
  return session.facts.user === null
    ? html`<${SignIn} session=${session} onLanguage=${changeLanguage} />`
    : html`<${Room} session=${session} onLanguage=${changeLanguage} />`;
}

/** The reading room: everything that a signed-in person sees. */
function Room({ session, onLanguage }) {
  const { user } = session.facts;
  const [route, go] = useRoute();
  const [id, other] = route[0] === "film" ? route.slice(1) : [];
  const worklist = useWorklist();
  const [listed, setListed] = useState(true);
  const [helping, setHelping] = useState(false);
  const [pulse, setPulse] = useState(0);
  const [said, say] = useState("");
  const open = useCallback((film) => go("film", film), []);
  const refresh = useSettled(() => {
    worklist.again();
    setPulse((count) => count + 1);
  }, 250);
  const connected = useEvents(refresh);
  const uploads = useUploads(open, refresh, user);
  const chooser = useRef(null);
  const dropping = useDrop(uploads.add);
  const step = (by) => {
    const place = worklist.films.findIndex((film) => film.id === id);
    const next = worklist.films[place < 0 ? 0 : place + by];
    if (next) open(next.id);
  };
  useKeys({
    next: () => step(1),
    previous: () => step(-1),
    list: () => setListed(!listed),
    filter: () => { setListed(true); worklist.focusFilters(); },
    add: () => chooser.current?.click(),
    help: () => setHelping(true),
  });
  return html`
    <a class="skip" href="#film" onClick=${(event) => { event.preventDefault(); document.getElementById("film").focus(); }}>${t("skip")}</a>
    <${TopBar} session=${session} connected=${connected} onLanguage=${onLanguage} onHelp=${() => setHelping(true)} />
    <div class=${listed ? "room" : "room unlisted"}>
      <div class="side" hidden=${!listed}>
        <${Uploads} uploads=${uploads} chooser=${chooser} open=${open} />
        <${Worklist} worklist=${worklist} chosen=${id} href=${(film) => `#/film/${film}`} />
      </div>
      ${id
        ? html`<${Workplace} key=${id} id=${id} other=${other} go=${go} user=${user} session=${session.facts} pulse=${pulse} say=${say} />`
        : html`<${Welcome} chooser=${chooser} />`}
    </div>
    <p class="heard" role="status">${said}</p>
    <div class="curtain" hidden=${!dropping}>${t("upload.drop")}</div>
    ${helping && html`<${KeysDialog} onClose=${() => setHelping(false)} />`}`;
}

await loadWords();
render(html`<${Page} />`, document.getElementById("page"));
