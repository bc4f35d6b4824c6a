import { constants, type Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Files, FileStat } from "./host.ts";

/** The files of this machine. */
export const localFiles: Files = {
  read,
  stat,
  list,
  write,
  rename,
  link,
  remove,
  removeTree,
  makeDirectory,
  realPath,
  readLink,
  free,
};

/** O_NONBLOCK: a FIFO that somebody put in the place of a file must not hang us. */
async function read(path: string): Promise<string | null> {
  return missingAs(null, () =>
    fs.readFile(path, { encoding: "utf8", flag: constants.O_RDONLY | constants.O_NONBLOCK }),
  );
}

async function stat(path: string): Promise<FileStat | null> {
  return missingAs(null, async () => {
    const found = await fs.lstat(path);
    return {
      kind: kindOf(found),
      mode: found.mode & 0o7777,
      uid: found.uid,
      gid: found.gid,
      size: found.size,
      modified: found.mtimeMs,
      device: found.dev,
    };
  });
}

/** Names in order; a directory that is not there has none. */
async function list(path: string): Promise<string[]> {
  return missingAs([], async () => (await fs.readdir(path)).sort());
}

async function write(
  path: string,
  content: string,
  options: { mode: number; uid?: number; gid?: number },
): Promise<void> {
  const temporary = join(dirname(path), temporaryName(basename(path)));
  try {
    await writeNew(temporary, content, options);
    // rename(2) replaces a symbolic link itself; the file it points to stays as it is.
    await fs.rename(temporary, path);
  } catch (error) {
    await fs.unlink(temporary).catch(() => {});
    throw error;
  }
  await syncDirectory(dirname(path));
}

async function writeNew(
  path: string,
  content: string,
  options: { mode: number; uid?: number; gid?: number },
): Promise<void> {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
  const file = await fs.open(path, flags, 0o600);
  try {
    // Owner before mode, because chown(2) clears set-id bits; both before the content, so nobody reads a secret early.
    if (options.uid !== undefined || options.gid !== undefined)
      await file.chown(options.uid ?? -1, options.gid ?? -1);
    await file.chmod(options.mode);
    await file.writeFile(content, "utf8");
    await file.sync();
  } finally {
    await file.close();
  }
}

async function rename(from: string, to: string): Promise<void> {
  await fs.rename(from, to);
  await syncDirectory(dirname(to));
}

async function link(from: string, to: string): Promise<void> {
  await fs.link(from, to);
  await syncDirectory(dirname(to));
}

/**
 * Cut, because the longest unit name is as long as the longest file name (255 bytes). Math.random will do, because
 * O_EXCL refuses a name that is taken, and loading node:crypto takes 8 ms.
 */
function temporaryName(name: string): string {
  const start = Buffer.from(name).subarray(0, 200).toString("utf8");
  return `.${start}.holdfast-${Math.random().toString(36).slice(2, 12)}`;
}

async function remove(path: string): Promise<void> {
  const removed = await missingAs(false, async () => {
    await fs.unlink(path);
    return true;
  });
  if (removed) await syncDirectory(dirname(path));
}

async function removeTree(path: string): Promise<void> {
  await fs.rm(path, { recursive: true, force: true });
}

/** Makes missing parents (0755) too. A directory that is there already is left as it is. */
async function makeDirectory(path: string, mode: number): Promise<void> {
  try {
    await fs.mkdir(path, 0o700);
  } catch (error) {
    if (codeOf(error) === "ENOENT") {
      await makeDirectory(dirname(path), 0o755);
      return makeDirectory(path, mode);
    }
    const present = codeOf(error) === "EEXIST" && (await fs.stat(path)).isDirectory();
    if (present) return;
    throw error;
  }
  // chmod, because the mode given to mkdir(2) is reduced by the umask.
  await fs.chmod(path, mode);
  await syncDirectory(dirname(path));
}

async function realPath(path: string): Promise<string | null> {
  return missingAs(null, () => fs.realpath(path));
}

async function readLink(path: string): Promise<string | null> {
  try {
    return await missingAs(null, () => fs.readlink(path));
  } catch (error) {
    // What readlink(2) says of anything that is no link.
    if (codeOf(error) === "EINVAL") return null;
    throw error;
  }
}

/** Of the nearest directory that exists, so that a path which is still to be made can be asked about. */
async function free(path: string): Promise<{ bytes: number; inodes: number }> {
  const found = await missingAs(null, () => fs.statfs(path));
  if (found === null) return free(dirname(path));
  // btrfs and others have no fixed number of inodes and report none at all.
  const inodes = found.files === 0 ? Number.MAX_SAFE_INTEGER : found.ffree;
  return { bytes: found.bavail * found.bsize, inodes };
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function missingAs<T>(instead: T, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return instead;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}

function kindOf(found: Stats): FileStat["kind"] {
  if (found.isFile()) return "file";
  if (found.isDirectory()) return "directory";
  return found.isSymbolicLink() ? "link" : "other";
}
