import { basename, dirname, join } from "node:path";
import type { Files } from "../host/host.ts";

/** The second name under which a replaced file stays until its change is final. systemd reads no file with such a name. */
function asidePath(path: string): string {
  return join(dirname(path), `.${basename(path)}.holdfast-before`);
}

/** Keeps what is at the path, if anything, so that going back is a rename and works on a full disk. */
export async function keepAside(files: Files, path: string): Promise<void> {
  await files.remove(asidePath(path));
  if ((await files.stat(path)) !== null) await files.link(path, asidePath(path));
}

/** Puts the kept file back; false when none was kept. */
export async function putBack(files: Files, path: string): Promise<boolean> {
  if ((await files.stat(asidePath(path))) === null) return false;
  await files.rename(asidePath(path), path);
  return true;
}

export async function dropAside(files: Files, path: string): Promise<void> {
  await files.remove(asidePath(path));
}
