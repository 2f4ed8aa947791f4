/** Where and in which colour something is drawn over the film. */

/** Return a ref that puts an element at (x, y) CSS pixels; markup must not carry styles. */
export const at = (x, y) => (node) => {
  if (node) node.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
};

/** Return the class of a zone's score, 0-3. */
export const shadeOf = (value) => `shade-${Math.min(3, Math.round(value))}`;
