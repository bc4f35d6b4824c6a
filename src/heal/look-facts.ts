import type { CheckRule, Look } from "../compile/watch-rule.ts";
import type { Reading } from "./reading.ts";

/** How long a failure of this kind takes to show: the silence, or the span, that its limit speaks of. Milliseconds. */
export function ownWindow(look: Look): number {
  switch (look.kind) {
    case "log":
    case "file":
      return Math.max(look.fresh ?? 0, look.atLeast?.window ?? 0);
    case "beat":
      return look.within;
    case "rpc":
      return look.progress ?? 0;
    case "memory":
    case "cpu":
      return look.lasting;
    default:
      return 0;
  }
}

const ofTheProgram: readonly Look["kind"][] = [
  "log",
  "file",
  "beat",
  "http",
  "tcp",
  "rpc",
  "exec",
  "sockets",
  "memory",
  "cpu",
];

/** Is it about the running program, so that a start begins it anew? Not what it depends on, nor what lies around it. */
export function isOwn(check: CheckRule): boolean {
  return check.dependency === null && ofTheProgram.includes(check.look.kind);
}

/** Shows that work is done: lines that must come, a heartbeat, a height that must grow. */
export function showsProgress({ look, dependency }: CheckRule): boolean {
  if (dependency !== null) return false;
  if (look.kind === "log" || look.kind === "file") return look.fresh !== null || look.atLeast !== null;
  return look.kind === "beat" || (look.kind === "rpc" && look.progress !== null);
}

/** Shows that it answers. */
export function showsReadiness({ look, dependency }: CheckRule): boolean {
  if (dependency !== null) return false;
  return ["http", "tcp", "exec"].includes(look.kind) || (look.kind === "rpc" && look.progress === null);
}

/**
 * Can a dependency that is gone explain this failure? Work that stalls and answers that turn bad, yes; a port that nobody
 * listens on or memory that is used up, no.
 */
export function canBeBlamed(check: CheckRule): boolean {
  return showsProgress(check) || (showsReadiness(check) && check.look.kind !== "tcp");
}

/**
 * Was anything good seen of this run of the program? That it is not late yet, because it has only just started, is a good
 * result but shows nothing. `at` is when the reading was taken.
 */
export function isEvidence(
  { look }: CheckRule,
  reading: Reading,
  at: number,
  activeSince: number | null,
): boolean {
  if (reading.result !== "ok") return false;
  const { value } = reading;
  if (activeSince === null || typeof value !== "number") return true;
  const aged = look.kind === "beat" || ((look.kind === "log" || look.kind === "file") && look.fresh !== null);
  // Readings give ages to a tenth of a second.
  if (aged) return at - (reading.took ?? 0) - value * 1000 > activeSince + 100;
  if ((look.kind === "log" || look.kind === "file") && look.atLeast) return value >= look.atLeast.count;
  return true;
}

/** The cause of a heal in a word, as history and alerts have it: "freshness", "activity", "heartbeat", "http". */
export function causeOf(look: Look, reading: Reading | null = null): string {
  switch (look.kind) {
    case "log":
    case "file": {
      const { limit } = reading ?? {};
      if (look.fresh !== null && (look.atLeast === null || limit === look.fresh / 1000)) return "freshness";
      if (look.atLeast !== null && (look.atMost === null || limit !== look.atMost.count)) return "activity";
      return look.atMost === null ? "freshness" : "errors";
    }
    case "beat":
      return "heartbeat";
    case "rpc":
      return look.progress === null ? "rpc" : "progress";
    case "exec":
      return "command";
    case "sqlite":
      return "database";
    case "tls":
      return "certificate";
    default:
      return look.kind;
  }
}
