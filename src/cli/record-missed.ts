import { readFileSync } from "node:fs";
import { recordMissed } from "../observe/record-missed.ts";
import { exitCode } from "../report/diagnostic.ts";
import type { Session } from "./session.ts";

/** holdfast record-missed: started by a timer every quarter of an hour. What it finds is recorded, and said in the journal. */
export async function runRecordMissed(session: Session, app: string, now: number): Promise<number> {
  try {
    const generation = await session.currentGeneration(app);
    if (!generation) return exitCode.done;
    const { missed, notices } = await recordMissed(app, generation, {
      ...session.writableRecord(),
      files: (await session.host()).files,
      stateDirectory: session.stateDirectory,
      now,
      boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
      bootedAt: Date.now() - Number.parseFloat(readFileSync("/proc/uptime", "utf8")) * 1000,
    });
    for (const { level, job, text } of notices) say(session, level, `${job} of ${app} ${text}`);
    session.out.result({ missed }, "");
    return exitCode.done;
  } catch (error) {
    say(session, 1, `missed runs of ${app} cannot be looked for: ${(error as Error).message}`);
    return exitCode.failed;
  }
}

/** systemd reads the level in front of what a unit writes (sd-daemon(3)). */
function say(session: Session, level: number, text: string): void {
  session.out.note(`<${level}>${text.replace(/[\r\n]+/g, " ")}`);
}
