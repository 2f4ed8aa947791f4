/** Hooks that several components share: loading, routes, events, timers. */

import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "./vendor/preact.js";

const RECONNECT_MS = 5000;
const ANNOUNCED_MS = 6000;
const EVENTS = ["film", "review", "delivery"];

/** Return [route, go]: the address after "#/", split at "/", and a function that changes it. */
export function useRoute() {
  const read = () => location.hash.replace(/^#\/?/, "").split("/").filter(Boolean);
  const [route, setRoute] = useState(read);
  // Before the next task: an address that changes in between would be missed.
  useLayoutEffect(() => {
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

/** Stands for the id of every film. */
export const ANY = "any";

/**
 * Call `onChange({id, patient})` for each film that is new, graded, reviewed or delivered; `patient`
 * is a label, absent where the film names nobody. Call `onConnect()` whenever the stream is
 * connected, for what was missed before. Return whether it is.
 */
export function useEvents(onChange, onConnect) {
  const [connected, setConnected] = useState(false);
  const latest = useRef(null);
  latest.current = { onChange, onConnect };
  useEffect(() => {
    let source;
    let timer;
    const connect = () => {
      source = new EventSource("v1/events");
      for (const type of EVENTS) source.addEventListener(type, ({ data }) => latest.current.onChange(JSON.parse(data)));
      source.onopen = () => {
        setConnected(true);
        latest.current.onConnect();
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

/** Return a function that runs the latest `action` with its last argument, `ms` after the last call. */
export function useDebounced(action, ms) {
  const timer = useRef(0);
  const latest = useRef(action);
  latest.current = action;
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback((argument) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => latest.current(argument), ms);
  }, []);
}

/** Return a function that collects items; the latest `action` gets them `ms` after the first one. */
export function useCollected(action, ms) {
  const timer = useRef(0);
  const items = useRef([]);
  const latest = useRef(action);
  latest.current = action;
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback((item) => {
    items.current.push(item);
    if (items.current.length > 1) return;
    timer.current = setTimeout(() => latest.current(items.current.splice(0)), ms);
  }, []);
}

/** Return an element's width in CSS pixels, 0 until it is known. */
export function useWidth(ref) {
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => setWidth(contentRect.width));
    observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return width;
}

/** Return [text, announce]: a message that leaves by itself, also where the same one comes again. */
export function useAnnouncement() {
  const [text, setText] = useState("");
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const announce = useCallback((message) => {
    clearTimeout(timer.current);
    setText(message);
    timer.current = setTimeout(() => setText(""), ANNOUNCED_MS);
  }, []);
  return [text, announce];
}
