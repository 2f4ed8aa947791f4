/** WebGL 2 textures. */

/** Return the texture of a level of the film: R16UI, never interpolated. */
export function levelTexture(gl, { values, columns, rows }) {
  const texture = newTexture(gl, gl.NEAREST);
  gl.texImage2D(
    gl.TEXTURE_2D, 0, gl.R16UI, columns, rows, 0, gl.RED_INTEGER, gl.UNSIGNED_SHORT, values,
  );
  return texture;
}

/** Return an empty texture of the canvas's size for samples, with repeat wrapping. */
export function samplesTexture(gl, { columns, rows }) {
  const texture = newTexture(gl, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.REPEAT);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.REPEAT);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA8, columns, rows);
  return texture;
}

/** Return an empty texture of 65,536 greys, entry i at column i % 256 of row i / 256. */
export function tableTexture(gl) {
  const texture = newTexture(gl, gl.NEAREST);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.R8, 256, 256);
  return texture;
}

/** Replace the greys of the table's texture, which must be bound. */
export function refillTable(gl, table) {
  gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, 256, 256, gl.RED, gl.UNSIGNED_BYTE, table);
}

/** Return the texture of the maps: red opacity, green right lung, blue left lung. */
export function mapsTexture(gl, maps, { rows, columns }) {
  const area = rows * columns;
  const texels = new Uint8Array(4 * area);
  for (let i = 0; i < area; i += 1) {
    texels[4 * i] = maps[i];
    texels[4 * i + 1] = maps[area + i];
    texels[4 * i + 2] = maps[2 * area + i];
  }
  const texture = newTexture(gl, gl.LINEAR);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, columns, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, texels);
  return texture;
}

/** Return a new texture, which stays bound. */
function newTexture(gl, filter) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}
