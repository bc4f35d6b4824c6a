import type { Host } from "../host/host.ts";
import { numberOf, textOf } from "../host/properties.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { Moment } from "./outcome.ts";

/** What systemd says of a unit at one moment. */
export type UnitLook = {
  active: string;
  sub: string;
  pid: number;
  restarts: number;
  result: string;
  invocation: string;
};

const between = 40;

/** How many times longer everything may take where the unit is, and what ends all waiting there, whatever is left broken. */
export type Pace = { slowness: number; signal?: AbortSignal };

/** One look at a unit. */
export async function lookAt(host: Host, unit: UnitName): Promise<UnitLook> {
  const found = await host.systemd.properties(unit, [
    "ActiveState",
    "SubState",
    "MainPID",
    "NRestarts",
    "Result",
    "InvocationID",
  ]);
  return {
    active: textOf(found, "ActiveState"),
    sub: textOf(found, "SubState"),
    pid: numberOf(found, "MainPID"),
    restarts: numberOf(found, "NRestarts"),
    result: textOf(found, "Result"),
    invocation: JSON.stringify(found["InvocationID"]),
  };
}

/** Follows a unit from the moment of a fault: every change of its state is a moment on the timeline. */
export class UnitWatch {
  readonly began = performance.now();
  readonly moments: Moment[] = [];
  readonly #host: () => Host;
  readonly #pace: Pace;
  readonly #unit: UnitName;
  #last = "";
  #lastAt: UnitLook | undefined;

  constructor(host: () => Host, unit: UnitName, pace: Pace = { slowness: 1 }) {
    this.#host = host;
    this.#pace = pace;
    this.#unit = unit;
  }

  /** Milliseconds since the fault. */
  get now(): number {
    return performance.now() - this.began;
  }

  note(kind: Moment["kind"], what: string): void {
    this.moments.push({ at: Math.round(this.now), what, kind });
  }

  async look(): Promise<UnitLook> {
    const seen = await lookAt(this.#host(), this.#unit);
    const state = `${seen.active}/${seen.sub}`;
    const process = seen.pid !== 0 && seen.pid !== this.#lastAt?.pid ? `, process ${seen.pid}` : "";
    if (state !== this.#last || process !== "") this.note("state", `${state}${process}`);
    this.#last = state;
    this.#lastAt = seen;
    return seen;
  }

  /** Looks until it is so; null when that takes longer than `patience` milliseconds, on a machine like this one. */
  until(patience: number, isSo: (seen: UnitLook) => boolean | Promise<boolean>): Promise<UnitLook | null> {
    return this.within(patience * this.#pace.slowness, isSo);
  }

  /** Looks for so many milliseconds whether it becomes so; null when it has not. */
  async within(
    millis: number,
    isSo: (seen: UnitLook) => boolean | Promise<boolean>,
  ): Promise<UnitLook | null> {
    const deadline = performance.now() + millis;
    for (;;) {
      this.#pace.signal?.throwIfAborted();
      const seen = await this.look().catch((error: unknown) => {
        // While the bus or the host itself starts again nobody answers.
        if (performance.now() >= deadline) throw error;
        return null;
      });
      if (seen && (await isSo(seen))) return seen;
      if (performance.now() >= deadline) return null;
      await new Promise((resolve) => setTimeout(resolve, between));
    }
  }
}
