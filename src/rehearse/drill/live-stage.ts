import { spawn } from "node:child_process";
import type { Host, RunOptions, RunResult } from "../../host/host.ts";
import { run } from "../../host/run.ts";
import type { ThrowawayHost } from "../../host/throwaway/throwaway.ts";
import type { Progress } from "../../report/progress.ts";
import type { Spec } from "../../spec/spec.ts";
import type { Told } from "../outcome.ts";
import { Inside } from "../inside/client.ts";
import { readTold } from "../read-told.ts";
import type { Stage } from "../stage.ts";
import type { Subject } from "../subject.ts";

/** This machine itself, as it runs: the same faults, and nothing is shortened, replaced or cut off. */
export class LiveStage implements Stage {
  readonly subjects: readonly Subject[];
  readonly spec: Spec;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  readonly outside: Host;
  readonly inside: Inside;
  /** What a fault has broken here it mends before it ends, whatever happens. */
  readonly pace = { slowness: 1 };
  readonly #holdfast: string;

  constructor(parts: {
    host: Host;
    holdfast: string;
    spec: Spec;
    subjects: readonly Subject[];
    progress: Progress;
    signal: AbortSignal;
  }) {
    this.outside = parts.host;
    this.spec = parts.spec;
    this.subjects = parts.subjects;
    this.progress = parts.progress;
    this.signal = parts.signal;
    this.#holdfast = parts.holdfast;
    // In a process group of its own: Ctrl-C ends a drill between two faults, and never in the middle of one.
    this.inside = new Inside(
      {
        spawn: async ([program, ...words]) =>
          spawn(program!, words, { stdio: ["pipe", "pipe", "pipe"], detached: true }),
      },
      parts.holdfast,
    );
  }

  get host(): ThrowawayHost {
    throw new Error("this fault needs a copy of the machine: holdfast rehearse");
  }

  async reconnect(): Promise<void> {}

  holdfast(...words: string[]): Promise<RunResult> {
    return run([this.#holdfast, ...words], { timeout: 120_000 });
  }

  run(argv: readonly string[], options?: RunOptions): Promise<RunResult> {
    return run(argv, options);
  }

  applyOther(): never {
    throw new Error("this fault needs a copy of the machine: holdfast rehearse");
  }

  async isReady({ gate }: Subject): Promise<boolean> {
    return (await this.inside.ready(gate, this.spec.user ?? null, this.spec.directory)).ok;
  }

  told(app: string, since: number): Promise<Told[]> {
    return readTold(this, app, since);
  }
}
