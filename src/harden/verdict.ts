import { printable } from "../value/printable.ts";

/** What one run of the service showed, from its start to its stop. */
export type RunFacts = {
  /** null when it started and was ready; else what kept it from that. */
  start: string | null;
  /** null when it was still up at the end of its time; else how it ended. */
  ended: string | null;
  /** Each check that was made, and what it said. */
  checks: Readonly<Record<string, { ok: boolean; says: string }>>;
  /** Each command that exercised it. */
  exercised: readonly { command: string; status: number | null; signal: string | null; says: string }[];
  /** null when it was not reloaded; else "" or what went wrong. */
  reload: string | null;
  /** systemd's result of the stop. */
  stop: string;
  /** All that it wrote. */
  output: string;
  /** Milliseconds until it was ready and its checks were good; and for the stop. */
  readyAfter: number;
  stopTook: number;
};

/** What must be so in every run, because it was so in the run without a sandbox. */
export type Expected = {
  checks: readonly string[];
  exercised: readonly { command: string; status: number | null }[];
  reload: boolean;
  stop: string;
  /** Shapes of lines that tell of a refusal although nothing shuts it in. */
  refusals: ReadonlySet<string>;
};

/** Takes the run without a sandbox for what is right. */
export function expectationOf(run: RunFacts): Expected {
  return {
    checks: Object.keys(run.checks).filter((id) => run.checks[id]!.ok),
    exercised: run.exercised.map(({ command, status }) => ({ command, status })),
    reload: run.reload === "",
    stop: run.stop,
    refusals: new Set(refusalsIn(run.output).map(shapeOf)),
  };
}

/** The same, when a second run without a sandbox has shown what differs from run to run. */
export function withSecond(expected: Expected, run: RunFacts): Expected {
  const refusals = new Set([...expected.refusals, ...refusalsIn(run.output).map(shapeOf)]);
  return { ...expected, refusals };
}

/** What broke in a run, in words; null when it is as good as the run without a sandbox. */
export function whatBroke(run: RunFacts, expected: Expected): string | null {
  const refusal = newRefusal(run.output, expected);
  const because = refusal === null ? "" : `; it wrote: ${refusal}`;
  const last = because === "" ? lastWords(run.output) : because;
  if (run.start !== null) return `${run.start}${last}`;
  if (run.ended !== null) return `${run.ended}${last}`;
  for (const { command, status } of expected.exercised) {
    const now = run.exercised.find((one) => one.command === command);
    if (now && now.status !== status)
      return `${command} ended with ${now.signal ?? `exit code ${now.status}`}${now.says === "" ? "" : `: ${now.says}`}${because}`;
  }
  const check = expected.checks.find((id) => !run.checks[id]?.ok);
  if (check !== undefined)
    return `check ${check} failed: ${run.checks[check]?.says ?? "it was not made"}${because}`;
  if (expected.reload && run.reload !== "") return `its reload failed: ${run.reload}${because}`;
  // "": it was killed, because asking takes long.
  if (run.stop !== "" && run.stop !== expected.stop) return `its stop ended with "${run.stop}"${because}`;
  return refusal === null ? null : `it wrote: ${refusal}`;
}

const refused =
  /\b(EPERM|EACCES|EROFS|ENOSYS|EAFNOSUPPORT|EPROTONOSUPPORT|ENOEXEC)\b|permission denied|operation not permitted|read-only file system|address family not supported|function not implemented|failed to map segment|cannot enable executable stack/i;

/** A line that tells of a refusal and has no equal in the run without a sandbox. */
function newRefusal(output: string, { refusals }: Expected): string | null {
  const found = refusalsIn(output).find((line) => !refusals.has(shapeOf(line)));
  return found === undefined ? null : printable(found.trim()).slice(0, 200);
}

function lastWords(output: string): string {
  const last = output.trim().split("\n").at(-1) ?? "";
  return last === "" ? "" : `; its last words: ${printable(last).slice(0, 200)}`;
}

function refusalsIn(output: string): string[] {
  return output.split("\n").filter((line) => refused.test(line));
}

/** Times, numbers and addresses differ from run to run, and what is refused by its owner may now be refused by the sandbox. */
function shapeOf(line: string): string {
  return line
    .replace(new RegExp(refused, "gi"), "refused")
    .replace(/0x[0-9a-f]+|[0-9a-f]{8,}|\d+/gi, "#")
    .trim();
}
