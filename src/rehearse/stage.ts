import type { Host, RunOptions, RunResult } from "../host/host.ts";
import { openLocalHost } from "../host/local.ts";
import type { ThrowawayHost } from "../host/throwaway/throwaway.ts";
import type { Progress } from "../report/progress.ts";
import type { Spec } from "../spec/spec.ts";
import type { Inside } from "./inside/client.ts";
import type { Told } from "./outcome.ts";
import type { PacedSpec } from "./pace-spec.ts";
import { readTold } from "./read-told.ts";
import type { Subject } from "./subject.ts";
import type { Pace } from "./watch-unit.ts";

/** Where faults are done: on a copy of this machine, or on the machine itself. */
export interface Stage {
  readonly subjects: readonly Subject[];
  readonly spec: Spec;
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** The copy, with which everything may be done. Faults of a drill do without it. */
  readonly host: ThrowawayHost;
  /** The systemd that has the services, over its bus. */
  readonly outside: Host;
  readonly inside: Inside;
  readonly pace: Pace;
  reconnect(): Promise<void>;
  holdfast(...words: string[]): Promise<RunResult>;
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** The words that apply a spec like this one, but for some of its first keys. Only on a copy. */
  applyOther(changes: Readonly<Record<string, unknown>>): Promise<readonly string[]>;
  /** Whether a service is ready by its own gate. */
  isReady(subject: Subject): Promise<boolean>;
  /** What people were told, or would have been, of an application since a moment (milliseconds since the epoch). */
  told(app: string, since: number): Promise<Told[]>;
}

/** An application that runs on a throwaway host, healthy, and cut off from everything. */
export class CopyStage implements Stage {
  readonly host: ThrowawayHost;
  readonly inside: Inside;
  readonly subjects: readonly Subject[];
  readonly spec: Spec;
  readonly paced: PacedSpec;
  readonly standIns: readonly string[];
  /** In what the copy is not like this machine. */
  readonly unlike: readonly string[];
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Milliseconds from the request until every service was ready. */
  readonly upMillis: number;
  #outside: Host;
  readonly #holdfast: string;
  readonly #file: string;

  constructor(parts: {
    host: ThrowawayHost;
    outside: Host;
    inside: Inside;
    progress: Progress;
    signal: AbortSignal;
    /** The program there, and the spec that was applied. */
    holdfast: string;
    file: string;
    paced: PacedSpec;
    spec: Spec;
    subjects: readonly Subject[];
    standIns: readonly string[];
    unlike: readonly string[];
    upMillis: number;
  }) {
    this.host = parts.host;
    this.#outside = parts.outside;
    this.inside = parts.inside;
    this.#holdfast = parts.holdfast;
    this.#file = parts.file;
    this.paced = parts.paced;
    this.spec = parts.spec;
    this.subjects = parts.subjects;
    this.standIns = parts.standIns;
    this.unlike = parts.unlike;
    this.upMillis = parts.upMillis;
    this.progress = parts.progress;
    this.signal = parts.signal;
  }

  get outside(): Host {
    return this.#outside;
  }

  /** A copy that is given up needs no mending. */
  get pace(): Pace {
    return { slowness: this.host.machine?.slowness ?? 1, signal: this.signal };
  }

  /** The bus is another one after a reboot or a restart of it. */
  async reconnect(): Promise<void> {
    await this.#outside.close().catch(() => {});
    this.#outside = await openBus(this.host);
  }

  holdfast(...words: string[]): Promise<RunResult> {
    return this.host.run([this.#holdfast, "--file", this.#file, ...words], {
      timeout: 120_000 * this.pace.slowness,
    });
  }

  run(argv: readonly string[], options?: RunOptions): Promise<RunResult> {
    return this.host.run(argv, options);
  }

  async applyOther(changes: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
    const other = `${this.#file.slice(0, -".yaml".length)}-other.yaml`;
    const spec = { ...(JSON.parse(this.paced.text) as object), ...changes };
    await this.host.write(other, `${JSON.stringify(spec)}\n`, 0o644);
    return [this.#holdfast, "--file", other, "apply"];
  }

  async isReady({ gate }: Subject): Promise<boolean> {
    return (await this.inside.ready(gate, this.spec.user ?? null, this.spec.directory)).ok;
  }

  told(app: string, since: number): Promise<Told[]> {
    // A clock of its own is set from here, and the way there takes a moment.
    return readTold(this, app, since, this.host.machine === null ? 50 : 500);
  }

  async close(): Promise<void> {
    await this.inside.close();
    await this.#outside.close().catch(() => {});
    await this.host.destroy();
  }
}

/** The systemd of a host, over its bus. */
export function openBus(host: ThrowawayHost): Promise<Host> {
  return openLocalHost("system", { busPath: host.bus });
}
