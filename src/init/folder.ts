/** One thing in a folder, by its path below it. Nothing of it was run, and only small well-known files were read. */
export type FoundEntry = {
  path: string;
  kind: "file" | "directory" | "other";
  mode: number;
  size: number;
  /** The first bytes, as text of one character per byte: enough to tell what kind of file it is. */
  head: string;
  /** Where a link ends. */
  target?: string;
  /** The whole content of files that say something about the application, such as package.json. */
  text?: string;
};

/** What is known of an application's folder: all that a first spec is made from. */
export type Folder = { path: string; entries: ReadonlyMap<string, FoundEntry>; complete: boolean };

export function hasFile(folder: Folder, path: string): boolean {
  return folder.entries.get(path)?.kind === "file";
}

export function hasDirectory(folder: Folder, path: string): boolean {
  return folder.entries.get(path)?.kind === "directory";
}

export function textOf(folder: Folder, path: string): string | undefined {
  return folder.entries.get(path)?.text;
}

/** Files directly in a directory of the folder; "" is the folder itself. */
export function filesIn(folder: Folder, directory: string): FoundEntry[] {
  const prefix = directory === "" ? "" : `${directory}/`;
  return [...folder.entries.values()].filter(
    ({ kind, path }) =>
      kind === "file" && path.startsWith(prefix) && !path.slice(prefix.length).includes("/"),
  );
}

export function isExecutable({ kind, mode }: FoundEntry): boolean {
  return kind === "file" && (mode & 0o111) !== 0;
}

/** A compiled program, not a library. */
export function isElfProgram(entry: FoundEntry): boolean {
  return isExecutable(entry) && entry.head.startsWith("\x7fELF") && !/\.so(\.[\d.]+)?$/.test(entry.path);
}

export function isSqlite({ head }: FoundEntry): boolean {
  return head.startsWith("SQLite format 3\0");
}
