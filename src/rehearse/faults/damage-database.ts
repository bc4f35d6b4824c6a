import type { Stage } from "../stage.ts";

/**
 * Damages a SQLite database that nobody uses now, in its first page: the schema and, behind it, whatever the file has. A log that was
 * not written back yet would still have the pages as they were, so that its header goes, too (sqlite.org/fileformat2.html, 4). Returns how
 * to put all of it back.
 */
export async function damageDatabase(stage: Stage, path: string): Promise<() => Promise<void>> {
  const log = `${path}-wal`;
  const hasLog = (await stage.run(["test", "-s", log])).status === 0;
  const files = [path, ...(hasLog ? [log] : [])];
  const keptOf = (file: string): string => `${file}.rehearsal-kept`;
  for (const file of files) await stage.run(["cp", "--preserve=all", file, keptOf(file)]);
  const overwrite = (file: string, ...where: string[]) =>
    stage.run(["dd", "if=/dev/urandom", `of=${file}`, "conv=notrunc", ...where]);
  await overwrite(path, "bs=1024", "seek=1", "count=3");
  if (hasLog) await overwrite(log, "bs=32", "count=1");
  // The index of the log is made anew by whoever opens the database first.
  const forgetIndex = () => stage.run(["rm", "--force", `${path}-shm`]);
  await forgetIndex();
  return async () => {
    for (const file of files) await stage.run(["mv", "--force", keptOf(file), file]);
    await forgetIndex();
  };
}
