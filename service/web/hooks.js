/** Hooks that several components share: loading, routes, events, debouncing. */

import { useCallback, useEffect, useRef, useState } from "./vendor/preact.js";

const RECONNECT_MS = 5000;

/** Return [route, go]: the address after "#/", split at "/", and a function that changes it. */
export function useRoute() {
  const read = () => location.hash.replace(/^#\/?/, "").split("/").filter(Boolean);
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const follow = () => setRoute(read());
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const go = useCallback((...segments) => { location.hash = `/${segments.join("/")}`; }, []);
  return [route, go];
}

/** Return {value, problem, reload} of an asynchronous `load(signal)`, run again when `inputs` change. */
export function useLoaded(load, inputs) {
  const [state, setState] = useState({ value: null, problem: null });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const abort = new AbortController();
    load(abort.signal).then(
      (value) => abort.signal.aborted || setState({ value, problem: null }),
      (problem) => abort.signal.aborted || setState((old) => ({ ...old, problem })),
    );
    return () => abort.abort();
  }, [...inputs, round]);
  const reload = useCallback(() => setRound((number) => number + 1), []);
  return { ...state, reload };
}

/**
 * Call `onChange()` whenever a film or a review is new, and after reconnecting, for what was missed
 * meanwhile. Return whether the event stream is connected.
 */
export function useEvents(onChange) {
  const [connected, setConnected] = useState(false);
  const latest = useRef(onChange);
  latest.current = onChange;
  useEffect(() => {
    let source;
    let timer;
    const connect = () => {
      source = new EventSource("v1/events");
      for (const type of ["film", "review"]) source.addEventListener(type, () => latest.current());
      source.onopen = () => {
        setConnected(true);
        latest.current();
      };
      source.onerror = () => {
        setConnected(false);
        // A browser reconnects by itself, but not after a response such as 503.
        if (source.readyState === EventSource.CLOSED) timer = setTimeout(connect, RECONNECT_MS);
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

/** Return a function that runs the latest `action` once, `ms` after the last of several calls. */
export function useDebounced(action, ms) {
  const timer = useRef(0);
  const latest = useRef(action);
  latest.current = action;
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => latest.current(), ms);
  }, []);
}
