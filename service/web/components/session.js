/** Who is signed in. */

import { useCallback, useEffect, useState } from "../vendor/preact.js";
import { deleteResource, getJson, postJson, setCsrfToken } from "../api.js";

const CHECK_INTERVAL_MS = 60_000;

/**
 * Return {facts, problem, expired, signIn, signOut, expire}; `facts` is the document of
 * GET v1/session, null until it is loaded. `expired`: the session ended while the page was open.
 */
export function useSession() {
  const [state, setState] = useState({ facts: null, problem: null, expired: false });
  const apply = (facts, expired = false) => {
    setCsrfToken(facts.csrf);
    setState({ facts, problem: null, expired });
  };
  const load = useCallback((expired) => getJson("v1/session").then(
    (facts) => apply(facts, expired),
    (problem) => setState((old) => ({ ...old, problem })),
  ), []);
  useEffect(() => { load(false); }, []);
  const signedIn = state.facts?.sign_in && state.facts.user !== null;
  useEffect(() => {
    if (!signedIn) return undefined;
    // No film must stay on the screen once the session has ended.
    const check = async () => {
      const facts = await getJson("v1/session").catch(() => null);
      if (facts?.user === null) load(true);
    };
    const timer = setInterval(check, CHECK_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [signedIn]);
  const signIn = async (name, password) => apply(await postJson("v1/session", { name, password }));
  const signOut = async () => {
    await deleteResource("v1/session");
    // Else the provider would sign in whoever comes next, without asking.
    if (state.facts.sign_on) location.assign("v1/session/sign-on/end");
    else await load(false);
  };
  return { ...state, signIn, signOut, expire: () => load(true) };
}
