/** Files that are dropped or pasted, those in folders too. */

export interface Dropped extends Read {
  hasFolders: boolean;
}

interface Read {
  files: File[];
  /** How many files and folders could not be read. */
  unreadable: number;
}

/** Must be called while the event is handled: afterwards the browser has emptied `data`. */
export async function filesOf(data: DataTransfer): Promise<Dropped> {
  const items = [...data.items]
    .filter(({ kind }) => kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const read = await together(
    items.map(async ({ entry, file }) => {
      if (entry?.isDirectory === true) return filesIn(entry);
      return file === null ? { files: [], unreadable: 1 } : { files: [file], unreadable: 0 };
    }),
  );
  return { ...read, hasFolders: items.some(({ entry }) => entry?.isDirectory === true) };
}

export function hasFiles(data: DataTransfer | null): boolean {
  return data !== null && [...data.types].includes("Files");
}

async function filesIn(entry: FileSystemEntry): Promise<Read> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return { files: [file], unreadable: 0 };
  }
  return together(isFolder(entry) ? (await entriesOf(entry)).map(filesIn) : []);
}

/** One that cannot be read takes none of the others with it. */
async function together(parts: readonly Promise<Read>[]): Promise<Read> {
  const whole: Read = { files: [], unreadable: 0 };
  for (const part of await Promise.allSettled(parts)) {
    if (part.status === "fulfilled") {
      whole.files = whole.files.concat(part.value.files);
      whole.unreadable += part.value.unreadable;
    } else whole.unreadable += 1;
  }
  return whole;
}

async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const found: FileSystemEntry[] = [];
  // Some hundred at a time, until there are none.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    found.push(...some);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
