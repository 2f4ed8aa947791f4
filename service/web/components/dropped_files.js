/** Files out of a drop, with those of its folders; and which of them may be films. */

const SUFFIXES = /\.(dcm|dicom|dic|ima|png|jpe?g)$/i;
const OTHER = /\.(txt|csv|json|xml|html?|pdf|docx?|xlsx?|zip|gz|exe|inf|ini|md|log)$/i;

/** Return all files of a drop; folders are walked. */
export async function filmsOf(transfer) {
  // Entries live as long as the event: they are asked for before anything is awaited.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const found = await Promise.all(entries.map(walk));
  return entries.length ? found.flat() : [...transfer.files];
}

/** Return whether a file may be a film: DICOM files often have no suffix, or one of numbers. */
export const isFilm = ({ name, size }) =>
  size > 0 && !name.startsWith(".") && name !== "DICOMDIR" && (SUFFIXES.test(name) || !OTHER.test(name));

async function walk(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    // A reader gives at most a hundred entries at a time.
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return files;
    files.push(...(await Promise.all(some.map(walk))).flat());
  }
}
