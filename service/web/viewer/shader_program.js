/** A program of two shaders, and its uniforms by name. */

/**
 * Return {use, set, free}; `set` takes numbers, booleans and arrays by the names in the shaders,
 * while the program is in use. `units`: texture units by the samplers' names.
 */
export function makeProgram(gl, vertex, fragment, units) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`The viewer's program does not link: ${gl.getProgramInfoLog(program)}`);
  }
  const setters = settersOf(gl, program);
  const use = () => gl.useProgram(program);
  const set = (values) => {
    for (const [name, value] of Object.entries(values)) setters.get(name)?.(value);
  };
  use();
  set(units);
  return { use, set, free: () => gl.deleteProgram(program) };
}

function settersOf(gl, program) {
  const kinds = new Map([
    [gl.FLOAT, (at, value) => gl.uniform1f(at, value)],
    [gl.FLOAT_VEC2, (at, value) => gl.uniform2fv(at, value)],
    [gl.FLOAT_VEC4, (at, value) => gl.uniform4fv(at, value)],
  ]);
  const whole = (at, value) => gl.uniform1i(at, Number(value));
  const setters = new Map();
  const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) ?? 0;
  for (let i = 0; i < count; i += 1) {
    const { name, type } = gl.getActiveUniform(program, i);
    const at = gl.getUniformLocation(program, name);
    const set = kinds.get(type) ?? whole;
    setters.set(name, (value) => set(at, value));
  }
  return setters;
}
