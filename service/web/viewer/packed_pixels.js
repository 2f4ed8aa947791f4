/** Pixels as the service packs them: differences of neighbours, their high bytes and their low bytes. */

const WORDS = 2;

/** Return the rows * columns pixels in a Uint8Array; its form is that of `GET .../pixels?packed=true`. */
export async function unpacked(packed, { rows, columns }) {
  const sizes = new DataView(packed.buffer, packed.byteOffset, 4 * WORDS);
  const middle = 4 * WORDS + sizes.getUint32(0, true);
  const parts = [packed.subarray(4 * WORDS, middle), packed.subarray(middle, middle + sizes.getUint32(4, true))];
  const [high, low] = await Promise.all(parts.map((part) => plain(part, rows * columns)));
  return summed(high, low, rows, columns);
}

/** The bytes of a part, which is written plainly where it has as many as there are pixels. */
async function plain(part, count) {
  if (part.length === count) return part;
  const stream = new Blob([part]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function summed(high, low, rows, columns) {
  const pixels = new Uint16Array(rows * columns);
  for (let row = 0, i = 0; row < rows; row += 1) {
    for (let column = 0, value = 0; column < columns; column += 1, i += 1) {
      const folded = (high[i] << 8) | low[i];
      value += (folded >>> 1) ^ -(folded & 1);
      pixels[i] = value; // modulo 2 ** 16, as it was packed
    }
  }
  return pixels;
}
