import { chmod, mkdir, readFile, readlink, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * The path of a file of another root, as this process must name it. Links are followed here, one by one, because
 * the kernel would follow an absolute link below /proc/PID/root to a file of this machine.
 */
export async function resolveInside(root: string, path: string): Promise<string> {
  let done: string[] = [];
  let pending = path.split("/");
  for (let links = 0; pending.length > 0;) {
    const [part = "", ...rest] = pending;
    pending = rest;
    if (part === "" || part === ".") continue;
    if (part === "..") {
      done.pop();
      continue;
    }
    const target = await readlink(join(root, ...done, part)).catch(() => null);
    if (target === null) {
      done.push(part);
      continue;
    }
    if ((links += 1) > 40)
      throw Object.assign(new Error(`ELOOP: too many links, ${path}`), { code: "ELOOP" });
    if (target.startsWith("/")) done = [];
    pending = [...target.split("/"), ...pending];
  }
  return join(root, ...done);
}

/** null when the file does not exist. */
export async function readInside(root: string, path: string): Promise<string | null> {
  try {
    return await readFile(await resolveInside(root, path), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Makes the directories on the way too. */
export async function writeInside(root: string, path: string, content: string, mode = 0o644): Promise<void> {
  const real = await resolveInside(root, path);
  await mkdir(dirname(real), { recursive: true });
  await writeFile(real, content);
  await chmod(real, mode);
}

export async function existsInside(root: string, path: string): Promise<boolean> {
  return stat(await resolveInside(root, path)).then(
    () => true,
    () => false,
  );
}
