/** Who is signed in. */

import { useCallback, useEffect, useState } from "../vendor/preact.js";
import { getJson, postJson, remove, useCsrf } from "../api.js";

const LOOK_MS = 60_000;

/**
 * Return {facts, problem, ended, signIn, signOut, end}; `facts` is the document of GET v1/session,
 * null until it came. `ended`: the session ran out while the page was open.
 */
export function useSession() {
  const [state, setState] = useState({ facts: null, problem: null, ended: false });
  const take = (facts) => {
    useCsrf(facts.csrf);
    setState({ facts, problem: null, ended: false });
  };
  const ask = useCallback((ended) => getJson("v1/session").then(
    (facts) => {
      take(facts);
      if (ended) setState((old) => ({ ...old, ended: true }));
    },
    (problem) => setState((old) => ({ ...old, problem })),
  ), []);
  useEffect(() => { ask(false); }, []);
  const signedIn = state.facts?.sign_in && state.facts.user !== null;
  useEffect(() => {
    if (!signedIn) return undefined;
    // Nobody's films must stay on the screen once the session is over.
    const look = async () => {
      const facts = await getJson("v1/session").catch(() => null);
      if (facts?.user === null) ask(true);
    };
    const timer = setInterval(look, LOOK_MS);
    return () => clearInterval(timer);
  }, [signedIn]);
  const signIn = async (name, password) => take(await postJson("v1/session", { name, password }));
  const signOut = async () => {
    await remove("v1/session");
    await ask(false);
  };
  return { ...state, signIn, signOut, end: () => ask(true) };
}
