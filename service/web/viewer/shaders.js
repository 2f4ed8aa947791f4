/**
 * The programs that run on the graphics card.
 *
 * Variants are programs of their own rather than an `if`: software rendering computes both branches
 * of an `if` and then selects.
 */

/** Covers the viewport. */
export const COVER_ALL = `#version 300 es
void main() {
  gl_Position = vec4(2.0 * vec2(gl_VertexID & 1, gl_VertexID >> 1) - 1.0, 0.0, 1.0);
}`;

const HEAD = `#version 300 es
precision highp float;
precision highp int;
precision highp usampler2D;
`;

/**
 * Return the program that writes the film's value at each screen pixel, as 16 bits in red (low)
 * and green (high): the average over the pixel, or between texels where the pixel is smaller.
 *
 * A box as wide as a texel, set between texels, is linear interpolation; so one rule does both. It
 * touches 2 x 2 texels, a larger one up to 3 x 3: `touched` is 2 or 3.
 */
export const values = (touched) => `${HEAD}
uniform usampler2D level;
uniform vec2 shift;       // screen pixels from the film's corner as displayed to the target's
uniform float pixelScale; // screen pixels per film pixel
uniform vec2 start;       // film pixels: the corner as displayed
uniform vec2 direction;   // 1, or -1 where the film's x or y falls
uniform bool turned;      // the film's rows run down the screen
uniform vec2 size;        // texels of the level
uniform float reach;      // film pixels along a texel
uniform float box;        // texels along a screen pixel, 1 to 2
uniform float gain;       // what values are multiplied by

out vec4 sampled;

float texel(float x, float y) {
  return float(texture(level, vec2(x, y) / size).r);
}

void main() {
  vec2 shown = gl_FragCoord.xy + shift;
  vec2 position = start + direction * (turned ? shown.yx : shown) / pixelScale;
  vec2 from = position / reach - 0.5 * box;
  vec2 a = floor(from) + 0.5;
  vec2 b = a + 1.0;
  vec2 first = a + 0.5 - from;
  vec2 second = min(box - first, 1.0);
  vec2 third = box - first - second;
  vec3 across = vec3(first.x, second.x, third.x);
  vec3 down = vec3(first.y, second.y, third.y);
  ${touched === 2 ? `
  vec3 sums = vec3(
    dot(across.xy, vec2(texel(a.x, a.y), texel(b.x, a.y))),
    dot(across.xy, vec2(texel(a.x, b.y), texel(b.x, b.y))),
    0.0);` : `
  vec2 c = b + 1.0;
  vec3 sums = vec3(
    dot(across, vec3(texel(a.x, a.y), texel(b.x, a.y), texel(c.x, a.y))),
    dot(across, vec3(texel(a.x, b.y), texel(b.x, b.y), texel(c.x, b.y))),
    dot(across, vec3(texel(a.x, c.y), texel(b.x, c.y), texel(c.x, c.y))));`}
  int entry = int(dot(down, sums) / (box * box) * gain + 0.5);
  sampled = vec4(entry & 255, entry >> 8, 0, 0) / 255.0;
}`;

/**
 * Writes the marks at each screen pixel: to blue the opacity where the lung is involved, zero
 * elsewhere; to alpha the lines: up to 127 those of lungs and zones, above them the contour of what
 * is involved. A point is involved where the scores count it: within a lung, above the threshold.
 */
export const MARKS = `${HEAD}
uniform sampler2D maps;   // red opacity, green right lung, blue left lung
uniform vec2 shift;       // screen pixels, as all that follow, from the film's corner as displayed
uniform vec2 extent;      // of the film
uniform vec2 direction;   // 1, or -1 where the film's x or y falls
uniform bool turned;      // the film's rows run down the screen
uniform bool outlines;
uniform bool contoured;
uniform bool zones;
uniform vec4 borders;     // from the film's top: right upper, right lower, left upper, left lower
uniform float line;       // width
uniform float involved;   // opacity above which a point of the lung is involved

out vec4 sampled;

const float DASH = 4.0;   // widths
const float FAINTER = 0.8;
const float LUNG = 0.5;

float stroke(float distance) {
  return clamp(0.5 + 0.5 * line - distance, 0.0, 1.0);
}

// How far a map's value lies above a level, in screen pixels; negative below it.
float depth(float value, float level) {
  return (value - level) / max(length(vec2(dFdx(value), dFdy(value))), 1e-5);
}

void main() {
  vec2 shown = gl_FragCoord.xy + shift;
  vec2 along = turned ? shown.yx : shown;
  vec2 position = mix(extent - along, along, 0.5 + 0.5 * direction);
  vec3 here = texture(maps, position / extent).rgb;
  vec2 lungs = here.gb;
  float drawn = 0.0;
  if (outlines) {
    drawn = stroke(min(abs(depth(lungs.x, LUNG)), abs(depth(lungs.y, LUNG))));
  }
  if (zones && mod(position.x, 2.0 * DASH * line) < DASH * line) {
    vec4 away = abs(position.y - borders);
    if (lungs.x > LUNG) drawn = max(drawn, FAINTER * stroke(min(away.x, away.y)));
    if (lungs.y > LUNG) drawn = max(drawn, FAINTER * stroke(min(away.z, away.w)));
  }
  float inside = min(depth(here.r, involved), depth(max(lungs.x, lungs.y), LUNG));
  float contour = contoured ? stroke(abs(inside)) : 0.0;
  float lines = contour > 0.0 && contour >= drawn ? 128.0 + 127.0 * contour : 127.0 * drawn;
  sampled = vec4(0.0, 0.0, inside > 0.0 ? here.r : 0.0, lines / 255.0);
}`;

/** Return the program that gives each sample its grey, and, if wanted, its marks their colour. */
export const show = (isMarked) => `${HEAD}
uniform sampler2D samples; // repeat wrapping
uniform sampler2D table;  // grey of each 16-bit value
uniform vec2 corner;      // the film's corner as displayed on the canvas, y down; screen pixels, as all here
uniform float height;     // of the canvas
uniform vec2 period;      // after which samples repeat
uniform float overlay;    // cover where opacity is complete, 0 to 1

out vec4 colour;

const vec3 BLUE = vec3(120.0, 205.0, 255.0) / 255.0;
const vec3 PALE = vec3(170.0, 178.0, 188.0) / 255.0;
const vec3 YELLOW = vec3(255.0, 214.0, 92.0) / 255.0;
const vec3 ORANGE = vec3(255.0, 138.0, 36.0) / 255.0;
const vec3 RED = vec3(255.0, 64.0, 44.0) / 255.0;

// The colours of the service's own pictures.
vec3 warmth(float opacity) {
  vec3 warm = mix(PALE, YELLOW, min(opacity / 0.35, 1.0));
  warm = mix(warm, ORANGE, clamp((opacity - 0.35) / 0.35, 0.0, 1.0));
  return mix(warm, RED, max((opacity - 0.7) / 0.3, 0.0));
}

void main() {
  vec2 position = vec2(gl_FragCoord.x, height - gl_FragCoord.y) - corner;
  vec4 here = texture(samples, position / period);
  vec3 grey = vec3(texture(table, (here.rg * 255.0 + 0.5) / 256.0).r);
  ${isMarked ? `
  float lines = here.a * 255.0;
  float contour = max(lines - 128.0, 0.0) / 127.0;
  float outline = lines < 127.5 ? lines / 127.0 : 0.0;
  grey = mix(grey, warmth(here.b), here.b * overlay);
  grey = mix(mix(grey, BLUE, outline), ORANGE, contour);` : ""}
  colour = vec4(grey, 1.0);
}`;
