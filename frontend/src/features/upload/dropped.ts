/** Files that are dropped or pasted, those in folders too. */

export interface Dropped {
  files: File[];
  hasFolders: boolean;
}

/** Must be called while the event is handled: afterwards the browser has emptied `data`. */
export async function filesOf(data: DataTransfer): Promise<Dropped> {
  const items = [...data.items]
    .filter(({ kind }) => kind === "file")
    .map((item) => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
  const files = await Promise.all(
    items.map(async ({ entry, file }) => {
      if (entry?.isDirectory === true) return filesIn(entry);
      return file === null ? [] : [file];
    }),
  );
  return { files: files.flat(), hasFolders: items.some(({ entry }) => entry?.isDirectory === true) };
}

export function hasFiles(data: DataTransfer | null): boolean {
  return data !== null && [...data.types].includes("Files");
}

async function filesIn(entry: FileSystemEntry): Promise<File[]> {
  if (isFile(entry)) return [await new Promise<File>((resolve, reject) => entry.file(resolve, reject))];
  if (!isFolder(entry)) return [];
  const reader = entry.createReader();
  const found: FileSystemEntry[] = [];
  // Some hundred at a time, until there are none.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(filesIn))).flat();
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
