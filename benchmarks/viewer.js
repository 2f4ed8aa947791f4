/** What the viewer's benchmark times in the browser. Every time ends when the pixels are there. */

const SPEED = 3; // CSS pixels a frame
const TURN = 40; // frames until a drag goes back

const ready = (gl) => gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
const nextFrame = () => new Promise((resolve) => { requestAnimationFrame(resolve); });
const picture = {};

/** Fetch the film, and have a viewer of the given CSS size. */
async function load(name, width, height) {
  picture.view = await (await fetch(`films/${name}/view`)).json();
  picture.pixels = new Uint16Array(await (await fetch(`films/${name}/pixels`)).arrayBuffer());
  picture.maps = new Uint8Array(await (await fetch(`films/${name}/maps`)).arrayBuffer());
  await begin();
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  while (canvas.width !== width || canvas.height !== height) await frame();
}

function drawn() {
  viewer.draw();
  ready(canvas.getContext("webgl2"));
}

function firstFrame() {
  viewer.show(picture.view, picture.pixels, picture.maps);
  drawn();
}

const moves = {
  window: (step) => viewer.windowBy(step, step),
  pan: (step) => viewer.panBy(step, step),
};

/** Change something by a few pixels, to and fro over many frames. */
const change = (kind, number) => moves[kind](number % (2 * TURN) < TURN ? SPEED : -SPEED);

/**
 * Return how many frames a second the viewer draws by itself when each shows a change, over
 * `seconds`; the last one's pixels are waited for.
 */
async function framesPerSecond(kind, { zoom = 1, ...display }, seconds) {
  Object.assign(viewer, display);
  viewer.fit();
  viewer.zoomBy(zoom);
  drawn();
  await nextFrame();
  const begun = performance.now();
  let frames = 0;
  while (performance.now() - begun < 1000 * seconds) {
    change(kind, frames);
    await nextFrame();
    frames += 1;
  }
  drawn();
  return (1000 * frames) / (performance.now() - begun);
}

/** The way without tables and textures: every film pixel anew, as 8 bits, on a 2D canvas. */
function naive(width, height) {
  const { rows, columns } = picture.view;
  const whole = Object.assign(document.createElement("canvas"), { width: columns, height: rows });
  const shown = Object.assign(document.createElement("canvas"), { width, height });
  const onto = whole.getContext("2d");
  const screen = shown.getContext("2d");
  const image = onto.createImageData(columns, rows);
  image.data.fill(255);
  const scale = Math.min(width / columns, height / rows);
  return (number) => {
    const { center, width: span } = picture.view.windows[0];
    const low = center - span / 2 + number;
    for (let i = 0; i < picture.pixels.length; i += 1) {
      const grey = (255 * (picture.pixels[i] - low)) / span;
      image.data[4 * i] = image.data[4 * i + 1] = image.data[4 * i + 2] = grey;
    }
    onto.putImageData(image, 0, 0);
    screen.drawImage(whole, 0, 0, columns * scale, rows * scale);
    screen.getImageData(0, 0, 1, 1);
  };
}

const milliseconds = (run) => {
  const begun = performance.now();
  run();
  return performance.now() - begun;
};

/** Return the milliseconds of each contender, one of each a round. */
async function interleave(rounds, width, height) {
  const redraw = naive(width, height);
  const colour = { overlay: 0.6, outlines: true, zones: true };
  const plain = { overlay: 0, outlines: false, zones: false };
  const contenders = {
    "window by table": (round) => { change("window", round); drawn(); },
    "window by table, with colour": (round) => { change("window", round); drawn(); },
    "window by every film pixel": redraw,
    "pan": (round) => { change("pan", round); drawn(); },
    "first frame of a film": firstFrame,
  };
  const samples = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = -2; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(contenders)) {
      Object.assign(viewer, name.endsWith("colour") ? colour : plain);
      if (!name.startsWith("first")) drawn();
      await nextFrame();
      const time = milliseconds(() => run(round + 2));
      if (round >= 0) samples[name].push(time);
    }
  }
  return samples;
}

function renderer() {
  const gl = canvas.getContext("webgl2");
  const facts = gl.getExtension("WEBGL_debug_renderer_info");
  return facts ? gl.getParameter(facts.UNMASKED_RENDERER_WEBGL) : gl.getParameter(gl.RENDERER);
}

Object.assign(globalThis, {
  load, milliseconds, firstFrame, framesPerSecond, interleave, renderer,
});
