import { randomBytes } from "node:crypto";
import { link, open, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { exitCode, HoldfastError } from "../../report/diagnostic.ts";

/**
 * Writes lines to a new file that only its owner can read, and returns how many. The file appears at once and complete,
 * or not at all. It goes straight to the file system and not through a Host: a log may be larger than memory.
 */
export async function exportLines(
  lines: AsyncIterable<string>,
  path: string,
  options: { replace: boolean },
): Promise<number> {
  const target = resolve(path);
  if (!options.replace && (await exists(target))) throw taken(path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}`);
  try {
    const count = await writeAll(lines, temporary);
    // A link fails where there is a file by now; a rename would replace it.
    if (options.replace) await rename(temporary, target);
    else await link(temporary, target).then(() => unlink(temporary));
    return count;
  } catch (error) {
    await unlink(temporary).catch(() => {});
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined) throw error;
    if (code === "EEXIST") throw taken(path);
    throw new HoldfastError(
      {
        severity: "error",
        code: "logs/not-exported",
        summary: `Cannot write ${path}: ${(error as Error).message}`,
        fix: "name a file in a directory that exists, is yours to write to and has room",
      },
      exitCode.failed,
      { cause: error },
    );
  }
}

async function writeAll(lines: AsyncIterable<string>, path: string): Promise<number> {
  await using file = await open(path, "wx", 0o600);
  let count = 0;
  let batch: string[] = [];
  for await (const line of lines) {
    batch.push(line);
    count += 1;
    if (batch.length < 500) continue;
    await file.write(`${batch.join("\n")}\n`);
    batch = [];
  }
  if (batch.length > 0) await file.write(`${batch.join("\n")}\n`);
  await file.sync();
  return count;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

function taken(path: string): HoldfastError {
  return new HoldfastError(
    {
      severity: "error",
      code: "logs/file-exists",
      summary: `Cannot export to ${path}: there is a file of that name`,
      fix: "choose another name, or add --force to replace it",
    },
    exitCode.usage,
  );
}
