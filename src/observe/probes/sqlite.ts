import type { Stats } from "node:fs";
import * as fs from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Kept, Reading } from "../../heal/reading.ts";
import type { Host } from "../../host/host.ts";
import { describeDuration } from "../../value/duration.ts";
import { describeSize } from "../../value/size.ts";
import { judgeGrowth } from "./growth.ts";
import { keptNumber, probeOf, reading, type LookOf } from "./local-probe.ts";
import type { ProbeContext } from "./probe.ts";
import type { SqliteAnswer } from "./sqlite-child.ts";
import { addSample, keptSamples } from "./trend.ts";

/** Whether a database is whole, how large it is with what has not been written back to it (-wal), and how fast it grows. */
export const probeSqlite = probeOf("sqlite", async (context, look) => {
  const { now, kept } = context;
  const file = await statOf(look.path);
  if (file === null) return reading("fail", `there is no ${look.path}`);
  if (!file.isFile()) return reading("unknown", `${look.path} is no ordinary file`);
  const size = file.size + ((await statOf(`${look.path}-wal`))?.size ?? 0);
  const samples = addSample(keptSamples(kept), now, size, look.growth?.window ?? 0);
  const checked = look.integrity ? await checkWithinReason(context, look, file) : null;
  const parts = [
    checked?.reading,
    await judgeSize(look, size),
    look.growth ? judgeGrowth(look.growth, samples) : null,
  ];
  const found = parts.filter((part) => part !== null && part !== undefined);
  const worst = (["fail", "unknown"] as const).flatMap((bad) =>
    found.filter(({ result }) => result === bad),
  )[0];
  const says = found.map((part) => part.says).filter((text) => text !== "");
  const best = found.findLast(({ value, says }) => value !== null && says !== "") ?? found[0]!;
  const all = worst ?? { ...best, says: says.join("; ") };
  return { ...all, kept: { samples, ...checked?.kept } };
});

async function statOf(path: string): Promise<Stats | null> {
  try {
    return await fs.stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function judgeSize({ atMost, path }: LookOf<"sqlite">, size: number): Promise<Reading> {
  const says = `it has ${describeSize(size)}`;
  if (atMost === null) return reading("ok", says, { value: size });
  const limit = "bytes" in atMost ? atMost.bytes : Math.round(atMost.share * (await wholeDisk(path)));
  if (size <= limit) return reading("ok", says, { value: size, limit });
  return reading("fail", `${says}, over ${describeSize(limit)}`, { value: size, limit });
}

async function wholeDisk(path: string): Promise<number> {
  const { blocks, bsize } = await fs.statfs(path);
  return blocks * bsize;
}

type Checked = { reading: Reading; kept: Kept };

/** A check may take a hundredth of a core: after one of a second, the next is made 100 s later. */
const rest = 100;
/** While a check reads a database that has no write-ahead log, its program cannot write. */
const blockingLimit = 1000;
/** Measured: integrity_check takes 35 ms for a megabyte of a database in memory, quick_check 5 ms. */
const millisPerByte = 35e-6;

/** Makes the check if it is its time, or says what the last one said. */
async function checkWithinReason(
  context: ProbeContext,
  look: LookOf<"sqlite">,
  file: Stats,
): Promise<Checked> {
  const { now, kept, check } = context;
  const [at, took] = [keptNumber(kept, "checkedAt"), keptNumber(kept, "checkTook")];
  const [verdict, said] = [kept?.["verdict"], kept?.["said"]];
  const rested = at === null || took === null || at > now || now - at >= took * rest;
  if (!rested && isVerdict(verdict) && typeof said === "string")
    return { reading: tell(verdict, said), kept: { checkedAt: at, checkTook: took, verdict, said } };
  const logged = await hasWriteAheadLog(context.host, look.path);
  const limit = logged ? check.timeout * 0.8 : Math.min(blockingLimit, check.timeout * 0.8);
  // quick_check does not see an index that has other content than its table; only a small database is checked in full.
  const how = file.size * millisPerByte < limit ? "integrity_check" : "quick_check";
  const answer = await runCheck(context.host, look.path, file, how, limit);
  const { result, says } = answer;
  return {
    reading: tell(result, says),
    kept: { checkedAt: now, checkTook: answer.took, verdict: result, said: says },
  };
}

function isVerdict(value: unknown): value is SqliteAnswer["result"] {
  return value === "ok" || value === "damaged" || value === "unknown";
}

function tell(result: SqliteAnswer["result"], says: string): Reading {
  if (result === "ok") return reading("ok", "it is whole", { value: "ok", limit: "ok" });
  if (result === "unknown") return reading("unknown", says, { limit: "ok" });
  return reading("fail", `it is damaged: ${says.slice(0, 200)}`, { value: "damaged", limit: "ok" });
}

/**
 * Byte 18 of the header, the file format write version: 2 with a write-ahead log (sqlite.org/fileformat2.html, 1.3.3).
 * Another process reads it: whoever closes a file gives up all his locks on it, and the database may be our own store.
 */
async function hasWriteAheadLog(host: Host, path: string): Promise<boolean> {
  const { stdout } = await host.run(["od", "-An", "-tu1", "-j18", "-N1", "--", path], { timeout: 2000 });
  return stdout.trim() === "2";
}

async function runCheck(
  host: Host,
  path: string,
  { uid, gid }: Stats,
  how: "integrity_check" | "quick_check",
  limit: number,
): Promise<SqliteAnswer> {
  const own = process.getuid!();
  if (own !== 0 && own !== uid)
    return { result: "unknown", says: "only root and its owner can check it without harm", took: 0 };
  const argv = [process.execPath, "--disable-warning=ExperimentalWarning", childProgram()];
  // The start of a Node.js is no part of the time that a check may take.
  const ended = await host.run([...argv, path, String(uid), String(gid), how], { timeout: limit + 500 });
  const answer = parseAnswer(ended.stdout);
  if (answer !== null) return answer;
  if (ended.signal === "SIGKILL") {
    const says = `it could not be checked within ${describeDuration(limit)}`;
    return { result: "unknown", says, took: limit };
  }
  const why = ended.stderr.trim().split("\n").at(-1) ?? "";
  return {
    result: "unknown",
    says: `its check ended with ${ended.signal ?? ended.status}: ${why}`,
    took: 100,
  };
}

function parseAnswer(text: string): SqliteAnswer | null {
  try {
    return JSON.parse(text) as SqliteAnswer;
  } catch {
    return null;
  }
}

/** Beside the bundle that this is part of; the source itself where there is no bundle. */
function childProgram(): string {
  const here = import.meta.url as string | undefined;
  return here === undefined
    ? join(__dirname, "sqlite-check.cjs")
    : fileURLToPath(new URL("sqlite-child.ts", here));
}
