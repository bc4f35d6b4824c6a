import { durationOf, type Duration } from "../value/duration.ts";
import type { ProgramSpec } from "./program-schema.ts";
import type { ServiceSpec } from "./service-schema.ts";
import type { Rate } from "./read-values.ts";

const second = 1000;

/** Does what the spec leaves out stay as systemd has it? So it is for a unit that was there before Holdfast. */
export function keepsDefaults(program: Pick<ProgramSpec, "defaults">): boolean {
  return program.defaults === "systemd";
}

/** What systemd does by itself (systemd.service(5), systemd-system.conf(5)). */
const bySystemd = {
  delay: durationOf(100),
  limit: { count: 5, window: durationOf(10 * second) },
  timeout: durationOf(90 * second),
};

/** Restart budget with the defaults filled in. `written` is false when the user left the limit to us. */
export function startLimit(service: ServiceSpec): {
  delay: Duration;
  maxDelay?: Duration;
  limit: Rate;
  written: boolean;
} {
  const kept = keepsDefaults(service);
  const delay = service.restart?.delay ?? (kept ? bySystemd.delay : durationOf(5 * second));
  const maxDelay = service.restart?.["max-delay"];
  const given = service.restart?.limit;
  const slowest = Math.max(delay, maxDelay ?? 0);
  // The window must be longer than all the pauses together, or the limit is never reached.
  const limit: Rate = given ??
    (kept ? bySystemd.limit : null) ?? { count: 10, window: durationOf(10 * slowest + 600 * second) };
  return { delay, ...(maxDelay === undefined ? {} : { maxDelay }), limit, written: given !== undefined };
}

export type ReadyGate =
  | { kind: "notify"; within: Duration; settle: Duration }
  | { kind: "http"; url: string; within: Duration; settle: Duration }
  | { kind: "tcp"; port: number; within: Duration; settle: Duration }
  | { kind: "command"; argv: readonly string[]; within: Duration; settle: Duration }
  | { kind: "stays-up"; within: Duration; settle: Duration };

/** When a service counts as started. Without a check of its own, all that can be asked is that it stays up for a while. */
export function readyGate(service: ServiceSpec): ReadyGate {
  const ready = service.ready ?? {};
  const within = ready.within ?? (keepsDefaults(service) ? bySystemd.timeout : durationOf(60 * second));
  const checked = ready.settle ?? durationOf(0);
  if (ready.notify) return { kind: "notify", within, settle: checked };
  if (ready.http !== undefined) return { kind: "http", url: ready.http, within, settle: checked };
  if (ready.tcp !== undefined) return { kind: "tcp", port: ready.tcp, within, settle: checked };
  if (ready.command !== undefined) return { kind: "command", argv: ready.command, within, settle: checked };
  return { kind: "stays-up", within, settle: ready.settle ?? durationOf(10 * second) };
}

export const stopTimeout = (service: ProgramSpec): Duration =>
  service.stop?.timeout ?? (keepsDefaults(service) ? bySystemd.timeout : durationOf(30 * second));

export type Runtime = "python" | "node" | "bun" | "deno" | "java" | "ruby" | "go" | "shell" | "other";

/** What runs the program: as declared, or guessed from the program's name. */
export function runtimeOf(service: ProgramSpec): { name: Runtime; atLeast?: string } {
  if (service.runtime !== undefined) {
    const [name, atLeast] = service.runtime.split(">=").map((part) => part.trim());
    return { name: name as Runtime, ...(atLeast === undefined ? {} : { atLeast }) };
  }
  const program = service.run[0]!.split("/").at(-1)!;
  const guesses: readonly (readonly [RegExp, Runtime])[] = [
    [/^(python|pypy)[\d.]*$|\.py$/, "python"],
    [/^node(js)?$|\.[cm]?js$/, "node"],
    [/^bun$/, "bun"],
    [/^deno$/, "deno"],
    [/^java$/, "java"],
    [/^(ruby|bundle|puma)[\d.]*$|\.rb$/, "ruby"],
    [/^(ba|da|z)?sh$|\.sh$/, "shell"],
  ];
  return { name: guesses.find(([pattern]) => pattern.test(program))?.[1] ?? "other" };
}
