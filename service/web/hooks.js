/** What several parts of the page share: loading, routes, events, a live word for screen readers. */

import { useCallback, useEffect, useRef, useState } from "./vendor/preact.js";

const AGAIN_MS = 5000;

/** Return [route, go]: the page's address after "#/", in its parts. */
export function useRoute() {
  const read = () => location.hash.replace(/^#\/?/, "").split("/").filter(Boolean);
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const follow = () => setRoute(read());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const go = useCallback((...parts) => { location.hash = `/${parts.join("/")}`; }, []);
  return [route, go];
}

/** Return {value, problem, again} of an asynchronous `load(signal)`, run anew when `inputs` change. */
export function useLoaded(load, inputs) {
  const [state, setState] = useState({ value: null, problem: null });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    load(stop.signal).then(
      (value) => stop.signal.aborted || setState({ value, problem: null }),
      (problem) => stop.signal.aborted || setState((old) => ({ ...old, problem })),
    );
    return () => stop.abort();
  }, [...inputs, round]);
  const again = useCallback(() => setRound((number) => number + 1), []);
  return { ...state, again };
}

/**
 * Call `heard()` whenever a film or a review is new, and when the connection comes back, for what
 * was missed meanwhile. Return whether it is connected.
 */
export function useEvents(heard) {
  const [connected, setConnected] = useState(false);
  const newest = useRef(heard);
  newest.current = heard;
  useEffect(() => {
    let source;
    let timer;
    const connect = () => {
      source = new EventSource("v1/events");
      for (const kind of ["film", "review"]) source.addEventListener(kind, () => newest.current());
      source.onopen = () => {
        setConnected(true);
        newest.current();
      };
      source.onerror = () => {
        setConnected(false);
        // A browser connects again by itself, but not after an answer such as 503.
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, AGAIN_MS);
      };
    };
    connect();
    return () => {
      clearTimeout(timer);
      source.close();
    };
  }, []);
  return connected;
}

/** Return a function that runs the newest `action` once, `ms` after the last of many calls. */
export function useSettled(action, ms) {
  const timer = useRef(0);
  const newest = useRef(action);
  newest.current = action;
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => newest.current(), ms);
  }, []);
}
