/** The sign-in form. */

import { html, useState } from "../vendor/preact.js";
import { problemText, t } from "../words.js";
import { LanguageChoice } from "./top_bar.js";

export function SignIn({ session, onLanguage }) {
  const [error, setError] = useState(firstError(session));
  const provider = session.facts.sign_on;
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const { name, password } = Object.fromEntries(new FormData(event.target));
    setBusy(true);
    await session.signIn(name, password).catch((problem) => setError(problemText(problem)));
    setBusy(false);
  };
  return html`
    <main class="sign-in">
      <h1><img src="assets/icon.svg" alt="" width="40" height="40" /> Radiograde</h1>
      <form onSubmit=${submit}>
        <h2>${t("sign_in.title")}</h2>
        <label>${t("sign_in.name")} <input name="name" autocomplete="username" required autofocus /></label>
        <label>${t("sign_in.password")} <input name="password" type="password" autocomplete="current-password" required /></label>
        <p class="error" role="alert">${error}</p>
        <button class="main" disabled=${busy}>${t("sign_in.submit")}</button>
      </form>
      ${provider && html`<p><a class="button" href="v1/session/sign-on">${t("sign_on.button", { provider: provider.label })}</a></p>`}
      <p class="notice">${t("notice")}</p>
      <${LanguageChoice} onLanguage=${onLanguage} />
    </main>`;
}

const REASONS = ["unreachable", "refused", "second_factor", "no_role", "name_taken"];

/** Return what is to be said before anything was typed: what the provider's sign-in came to. */
function firstError(session) {
  if (session.problem) return problemText(session.problem);
  if (session.expired) return t("sign_in.ended");
  const reason = new URLSearchParams(location.search).get("sign_on");
  return REASONS.includes(reason) ? t(`sign_on.${reason}`) : "";
}
