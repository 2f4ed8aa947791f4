/** The page: top bar, worklist, film, result. */

import { html, render, useCallback, useEffect, useRef, useState } from "./vendor/preact.js";
import { onSignInRequired } from "./api.js";
import { demonstrationFilms } from "./components/demonstration.js";
import { FilmView } from "./components/film_view.js";
import { usePrefetched } from "./components/prefetch.js";
import { useSession } from "./components/session.js";
import { ShortcutsDialog, useShortcuts } from "./components/shortcuts.js";
import { SignIn } from "./components/sign_in.js";
import { managesProjects } from "./components/projects_of_user.js";
import { TopBar } from "./components/top_bar.js";
import { useUploads } from "./components/upload_queue.js";
import { UploadProgress, Uploads, useDrop } from "./components/uploads.js";
import { Worklist, useWorklist } from "./components/worklist.js";
import { ANY, useAnnouncement, useCollected, useEvents, useRoute } from "./hooks.js";
import { chooseLanguage, loadWords, problemText, t } from "./words.js";

const EVENTS_SETTLE_MS = 250;

/** Pages of administrators, managers and engineers, by the first part of the address; others do not load them. */
const ADMINISTRATION = {
  settings: { needs: "administer", title: "settings.title", load: async () => (await import("./components/settings_page.js")).SettingsPage },
  problems: { needs: "administer", title: "register.link", load: async () => (await import("./components/problem_register.js")).ProblemRegister },
  audit: { needs: "administer", title: "audit.link", load: async () => (await import("./components/audit_trail.js")).AuditTrail },
  erasures: { needs: "administer", title: "erasure.link", load: async () => (await import("./components/erasures.js")).Erasures },
  accounts: { needs: "manage", title: "accounts.link", load: async () => (await import("./components/accounts.js")).Accounts },
  projects: { opens: managesProjects, title: "projects.link", load: async () => (await import("./components/projects_page.js")).ProjectsPage },
  models: { needs: "operate", title: "models.link", load: async () => (await import("./components/models_page.js")).ModelsPage },
};

const readingSet = async () => (await import("./components/reading_set.js")).ReadingSet;
const readingSetLinks = async () => (await import("./components/reading_set.js")).ReadingSetLinks;

function Page() {
  const session = useSession();
  const [, rerender] = useState(0);
  useEffect(() => onSignInRequired(session.expire), []);
  const changeLanguage = async (code) => {
    await chooseLanguage(code);
    rerender((count) => count + 1);
  };
  if (session.facts === null) return html`<p class="loading" role="status">${session.problem ? problemText(session.problem) : ""}</p>`;
  return session.facts.user === null
    ? html`<${SignIn} session=${session} onLanguage=${changeLanguage} />`
    : html`<${Workspace} session=${session} onLanguage=${changeLanguage} />`;
}

/** Everything that a signed-in user sees. */
function Workspace({ session, onLanguage }) {
  const { user } = session.facts;
  const [route, go] = useRoute();
  const [id, comparedId] = route[0] === "film" ? route.slice(1) : [];
  const pages = Object.entries(ADMINISTRATION).filter(([, { needs, opens }]) => (opens ? opens(user) : user.permissions.includes(needs)));
  const page = pages.find(([name]) => name === route[0])?.[1];
  const worklist = useWorklist();
  const [listShown, setListShown] = useState(true);
  const [helpOpen, setHelpOpen] = useState(false);
  const [changes, setChanges] = useState([]);
  const [announcement, announce] = useAnnouncement();
  const open = useCallback((film) => go("film", film), []);
  const onChange = useCollected((found) => {
    worklist.update([...new Set(found.map((change) => change.id))]);
    setChanges(found);
  }, EVENTS_SETTLE_MS);
  const connected = useEvents(onChange, () => {
    worklist.reload();
    setChanges([{ id: ANY }]);
  });
  const uploads = useUploads(open, onChange, user);
  const fileInput = useRef(null);
  const dragging = useDrop(uploads.add);
  const showList = (focus) => {
    setListShown(true);
    // What is still hidden takes no focus.
    requestAnimationFrame(focus);
  };
  const index = worklist.films.findIndex((film) => film.id === id);
  usePrefetched(worklist.films[index + 1], worklist.films[index - 1], id);
  const step = (by) => {
    const next = worklist.films[index < 0 ? 0 : index + by];
    if (next) open(next.id);
    else if (by > 0 && worklist.next) worklist.more();
  };
  useShortcuts({
    next: () => step(1),
    previous: () => step(-1),
    list: () => setListShown(!listShown),
    filter: () => showList(worklist.focusFilters),
    search: () => showList(worklist.focusSearch),
    add: () => fileInput.current?.click(),
    help: () => setHelpOpen(true),
  });
  return html`
    <a class="skip" href="#film" onClick=${(event) => { event.preventDefault(); document.getElementById("film").focus(); }}>${t("skip")}</a>
    <${TopBar} session=${session} connected=${connected} pages=${pages} onLanguage=${onLanguage} onHelp=${() => setHelpOpen(true)} />
    <div class=${`workspace ${listShown ? "" : "list-hidden"} ${id ? "film-open" : ""} ${page || route[0] === "reading" ? "page-open" : ""}`}>
      <div class="sidebar" hidden=${!listShown}>
        <${Uploads} uploads=${uploads} fileInput=${fileInput} open=${open} />
        <${Worklist} worklist=${worklist} selected=${id} href=${(film) => `#/film/${film}`} identifiers=${session.facts.identifiers} readsFirst=${session.facts.reads_first} user=${user} />
      </div>
      ${id
        ? html`<${FilmView} key=${id} id=${id} listed=${worklist.films[index] ?? null} comparedId=${comparedId} go=${go} user=${user} session=${session.facts} changes=${changes} announce=${announce} onRead=${() => onChange({ id })} />`
        : page
          ? html`<${Loaded} key=${route[0]} load=${page.load} announce=${announce} user=${user} />`
          : route[0] === "reading"
            ? html`<${Loaded} key=${route[1]} load=${readingSet} id=${route[1]} announce=${announce} />`
            : html`<${Welcome} fileInput=${fileInput} uploads=${uploads} announce=${announce} mayReview=${user.permissions.includes("review")} />`}
    </div>
    <p class="announcement" role="status">${announcement}</p>
    <div class="drop-hint" hidden=${!dragging}>${t("upload.drop")}</div>
    ${helpOpen && html`<${ShortcutsDialog} onClose=${() => setHelpOpen(false)} />`}`;
}

/** A component that is fetched first; `before`: what stands in its place until then. */
function Loaded({ load, before = html`<main id="film" tabindex="-1" />`, ...facts }) {
  const [component, setComponent] = useState(null);
  useEffect(() => { load().then((found) => setComponent(() => found)); }, []);
  return component ? html`<${component} ...${facts} />` : before;
}

/** Shown instead of a film until one is opened. */
function Welcome({ fileInput, uploads, announce, mayReview }) {
  const demonstrate = () => demonstrationFilms().then(uploads.add, (problem) => announce(problemText(problem)));
  return html`
    <main id="film" class="welcome" tabindex="-1">
      <img src="assets/icon.svg" alt="" width="96" height="96" />
      <h2>${t("welcome.title")}</h2>
      <p>${t("welcome.text")}</p>
      <div class="row">
        <button class="main" disabled=${!uploads.allowed} onClick=${() => fileInput.current.click()}>${t("upload.files")}</button>
        <button disabled=${!uploads.allowed} onClick=${demonstrate}>${t("welcome.demonstrate")}</button>
      </div>
      <${UploadProgress} items=${uploads.items} />
      ${mayReview && html`<${Loaded} load=${readingSetLinks} before=${null} />`}
      <p class="dim">${t("upload.hint")} ${t("welcome.keys")}</p>
      <p class="dim">${t("welcome.demonstration")}</p>
      <p class="dim">${t("panel.is_not")}</p>
    </main>`;
}

await loadWords();
render(html`<${Page} />`, document.getElementById("page"));
