import { basename, dirname, join } from "node:path";
import type { Files, FileStat } from "../../src/host/host.ts";

type Owned = { mode: number; uid: number; gid: number };
type Inode = Owned & { content: string; modified: number };
type Entry =
  | ({ kind: "directory" } & Owned)
  | { kind: "file"; inode: Inode }
  | { kind: "link"; target: string };

/** Files in memory, with what undo depends on of a real file system: two names of one file, and rename(2) between them. */
export class ModelFiles implements Files {
  /** Parents come before their children. */
  entries = new Map<string, Entry>([["/", { kind: "directory", mode: 0o755, uid: 0, gid: 0 }]]);
  #clock = 0;
  #temporary = 0;

  async read(path: string): Promise<string | null> {
    const entry = this.#at(path);
    if (!entry) return null;
    if (entry.kind === "directory") throw errorOf("EISDIR", path);
    return entry.kind === "file" ? entry.inode.content : this.read(join(dirname(path), entry.target));
  }

  async stat(path: string): Promise<FileStat | null> {
    const entry = this.#at(path);
    if (!entry) return null;
    const owned = entry.kind === "file" ? entry.inode : entry.kind === "link" ? root : entry;
    const content = entry.kind === "file" ? entry.inode.content : "";
    return {
      kind: entry.kind,
      mode: owned.mode,
      uid: owned.uid,
      gid: owned.gid,
      size: Buffer.byteLength(content),
      modified: entry.kind === "file" ? entry.inode.modified : 0,
      device: 1,
    };
  }

  async list(path: string): Promise<string[]> {
    return [...this.entries.keys()]
      .filter((other) => other !== "/" && dirname(other) === path)
      .map((other) => basename(other))
      .toSorted();
  }

  async write(
    path: string,
    content: string,
    options: { mode: number; uid?: number; gid?: number },
  ): Promise<void> {
    const temporary = this.writeTemporary(path, content, options);
    try {
      await this.rename(temporary, path);
    } catch (error) {
      this.entries.delete(temporary);
      throw error;
    }
  }

  /** The first half of a write: what is there when it is cut short in the middle. */
  writeTemporary(
    path: string,
    content: string,
    options: { mode: number; uid?: number; gid?: number },
  ): string {
    this.#assertParent(path);
    const temporary = join(
      dirname(path),
      `.${basename(path).slice(0, 60)}.holdfast-${(this.#temporary += 1)}`,
    );
    const { mode, uid = 0, gid = 0 } = options;
    this.entries.set(temporary, {
      kind: "file",
      inode: { content, mode, uid, gid, modified: (this.#clock += 1) },
    });
    return temporary;
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, target] = [this.#at(from), this.#at(to)];
    if (!source) throw errorOf("ENOENT", from);
    this.#assertParent(to);
    if (target?.kind === "directory") throw errorOf("EISDIR", to);
    // rename(2): with two names of one file it does nothing, and says that it has succeeded.
    if (source.kind === "file" && target?.kind === "file" && source.inode === target.inode) return;
    this.entries.set(to, source);
    this.entries.delete(from);
  }

  async link(from: string, to: string): Promise<void> {
    const source = this.#at(from);
    if (!source) throw errorOf("ENOENT", from);
    if (this.#at(to)) throw errorOf("EEXIST", to);
    this.#assertParent(to);
    this.entries.set(to, source);
  }

  async remove(path: string): Promise<void> {
    if (this.#at(path)?.kind === "directory") throw errorOf("EISDIR", path);
    this.entries.delete(path);
  }

  async removeTree(path: string): Promise<void> {
    for (const other of this.entries.keys())
      if (other === path || other.startsWith(`${path}/`)) this.entries.delete(other);
  }

  async makeDirectory(path: string, mode: number): Promise<void> {
    const entry = this.#at(path);
    if (entry?.kind === "directory") return;
    if (entry) throw errorOf("EEXIST", path);
    if (!this.#at(dirname(path))) await this.makeDirectory(dirname(path), 0o755);
    this.#assertParent(path);
    this.entries.set(path, { kind: "directory", mode, uid: 0, gid: 0 });
  }

  async realPath(path: string): Promise<string | null> {
    const entry = this.#at(path);
    if (!entry) return null;
    return entry.kind === "link" ? this.realPath(join(dirname(path), entry.target)) : path;
  }

  async readLink(path: string): Promise<string | null> {
    const entry = this.#at(path);
    return entry?.kind === "link" ? entry.target : null;
  }

  async free(): Promise<{ bytes: number; inodes: number }> {
    return { bytes: 2 ** 40, inodes: 2 ** 20 };
  }

  setOwner(path: string, owned: Partial<Owned>): void {
    const entry = this.#at(path);
    if (entry && entry.kind !== "link") Object.assign(entry.kind === "file" ? entry.inode : entry, owned);
  }

  symlink(path: string, target: string): void {
    this.entries.set(path, { kind: "link", target });
  }

  /** Every path with all that can be seen of it; equal texts are equal trees. */
  dump(): Record<string, string> {
    return Object.fromEntries(
      [...this.entries]
        .map(([path, entry]) => [path, describe(entry)] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  copy(): ModelFiles {
    const copy = new ModelFiles();
    // One call, so that two names of one file stay two names of one file.
    copy.entries = structuredClone(this.entries);
    copy.#clock = this.#clock;
    copy.#temporary = this.#temporary;
    return copy;
  }

  #at(path: string): Entry | undefined {
    return this.entries.get(path);
  }

  #assertParent(path: string): void {
    const parent = this.#at(dirname(path));
    if (!parent) throw errorOf("ENOENT", path);
    if (parent.kind !== "directory") throw errorOf("ENOTDIR", path);
  }
}

const root: Owned = { mode: 0o777, uid: 0, gid: 0 };

function describe(entry: Entry): string {
  if (entry.kind === "link") return `link to ${entry.target}`;
  const { mode, uid, gid } = entry.kind === "file" ? entry.inode : entry;
  const owned = `${entry.kind} ${mode.toString(8)} ${uid}:${gid}`;
  return entry.kind === "file" ? `${owned} ${entry.inode.modified} ${entry.inode.content}` : owned;
}

function errorOf(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code, path });
}
