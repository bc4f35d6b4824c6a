import { basename, dirname, join } from "node:path";
import type { Files } from "../host/host.ts";

/** The second name under which a replaced file stays until its change is final. systemd reads no file with such a name. */
function asidePath(path: string): string {
  return join(dirname(path), `.${basename(path)}.holdfast-before`);
}

/** Keeps what is at the path, if anything, so that going back is a rename and works on a full disk. */
export async function keepAside(files: Files, path: string): Promise<void> {
  await dropAside(files, path);
  if ((await files.stat(path)) !== null) await files.link(path, asidePath(path));
}

/** Puts the kept file back; false when none was kept. */
export async function putBack(files: Files, path: string): Promise<boolean> {
  if ((await files.stat(asidePath(path))) === null) return false;
  await files.rename(asidePath(path), path);
  // rename(2) does nothing with two names of one file, which is what there is before the new one is written.
  await dropAside(files, path);
  return true;
}

/** Looks first: on a read-only file system, removing what is not there is an error too. */
export async function dropAside(files: Files, path: string): Promise<void> {
  if ((await files.stat(asidePath(path))) !== null) await files.remove(asidePath(path));
}

/** Removes what a write of this path left when it was cut short: its temporary files, as Files.write names them. */
export async function dropTemporaries(files: Files, path: string): Promise<void> {
  const start = `.${basename(path).slice(0, 50)}`;
  for (const name of await files.list(dirname(path))) {
    if (
      name.startsWith(start) &&
      /\.holdfast-[a-z0-9]{1,12}$/.test(name) &&
      name !== basename(asidePath(path))
    )
      await files.remove(join(dirname(path), name));
  }
}
