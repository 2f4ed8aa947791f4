/** Whether somebody sits before the page. */

const PAUSE_MS = 60_000;

let touched = performance.now();

for (const sign of ["pointerdown", "pointermove", "wheel", "keydown"]) {
  addEventListener(sign, () => { touched = performance.now(); }, { capture: true, passive: true });
}

/** Return whether nobody touched the page for a minute: what it asks then must not prolong a session. */
export const isUnattended = () => performance.now() - touched > PAUSE_MS;
