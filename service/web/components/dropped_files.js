/** The files of a drop, folders included, and which of them may be films. */

const FILM_SUFFIX = /\.(dcm|dicom|dic|ima|png|jpe?g)$/i;
const OTHER_SUFFIX = /\.(txt|csv|json|xml|html?|pdf|docx?|xlsx?|zip|gz|exe|inf|ini|md|log)$/i;

/** Return all files of a drop; folders are walked. */
export async function droppedFiles(transfer) {
  // Entries are valid only during the event, so they are read before anything is awaited.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = await Promise.all(entries.map(walk));
  return entries.length ? files.flat() : [...transfer.files];
}

/** Return whether a file may be a film: DICOM files often have no suffix, or a numeric one. */
export const isFilm = ({ name, size }) =>
  size > 0 && !name.startsWith(".") && name !== "DICOMDIR" && (FILM_SUFFIX.test(name) || !OTHER_SUFFIX.test(name));

async function walk(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    // A reader returns at most a hundred entries at a time.
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!batch.length) return files;
    files.push(...(await Promise.all(batch.map(walk))).flat());
  }
}
