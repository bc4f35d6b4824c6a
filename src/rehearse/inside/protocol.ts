import type { StubCommand } from "./stub-plan.ts";
import type { ReadyGate } from "../../spec/defaults.ts";

/** What the rehearsal asks of the holdfast that runs on the throwaway host; one JSON object a line, in both directions. */
export type Ask =
  | { ask: "ready"; gate: ReadyGate; user: string | null; directory: string }
  | { ask: "isolation"; sockets: readonly string[] }
  | { ask: "load"; kind: LoadKind; of: number; amount: number; path?: string }
  | { ask: "unload"; pid: number }
  | { ask: "group"; of: number }
  | { ask: "date-back"; app: string }
  | { ask: "alive"; pids: readonly number[] }
  | { ask: "upstreams"; command: StubCommand };

/**
 * Memory in bytes, processes, busy loops, bytes of lines, bytes of a file, a port or a database that is held: each as a process in the
 * control groups of another one (`of`; 0 for none), which ends with whoever asked.
 */
export type LoadKind =
  | "memory"
  | "memory-until-slowed"
  | "tasks"
  | "cpu"
  | "log"
  | "disk"
  | "port"
  | "deaf"
  | "sqlite-lock";

export type Answer = { ok: true; value: unknown } | { ok: false; why: string };

/** What the loads say on their standard output when they are where they should be. */
export type LoadSays = { reached: number; refused: string | null };
