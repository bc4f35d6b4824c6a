import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { interruptedError } from "../apply/pause.ts";
import { readTarget } from "../plan/read-target.ts";
import type { Host, RunOptions, RunResult } from "../host/host.ts";
import { openLocalHost } from "../host/local.ts";
import { bootThrowawayHost, type ThrowawayHost } from "../host/throwaway/throwaway.ts";
import { putStandIns } from "../harden/put-stand-ins.ts";
import { HoldfastError, type Diagnostic } from "../report/diagnostic.ts";
import type { Progress } from "../report/progress.ts";
import { parseSpec, type Spec } from "../spec/parse-spec.ts";
import { stateDirectory } from "../store/open-store.ts";
import type { Told } from "./outcome.ts";
import { Inside } from "./inside/client.ts";
import type { Severity } from "../value/severity.ts";
import { carryOver } from "./carry-over.ts";
import { assertIsolated } from "./isolation.ts";
import { placeSpec } from "./place-spec.ts";
import { paceSpec, type PacedSpec } from "./pace-spec.ts";
import { planUpstreams } from "./plan-upstreams.ts";
import { putUpstreams } from "./put-upstreams.ts";
import { subjectsOf, type Subject } from "./subject.ts";

export type StageOptions = {
  /** The holdfast that runs there, and the directory it needs to see. */
  holdfast: string;
  checkout: string;
  /** The spec's file, absolute, its text, and what was read from it. */
  file: string;
  text: string;
  spec: Spec;
  environment: string | null;
  realTime: boolean;
  /** Secrets that are not replaced, by their names: the application gets the live ones. */
  grant: readonly string[];
  /** The tree below: "/" or one made by debootstrap. */
  lower: string;
  progress: Progress;
  signal: AbortSignal;
  /** Puts things there that the application needs, before the spec is applied. */
  prepare?: (host: ThrowawayHost) => Promise<void>;
};

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
  readonly progress: Progress;
  readonly signal: AbortSignal;
  /** Milliseconds from the request until every service was ready. */
  readonly upMillis: number;
  #outside: Host;
  readonly #options: StageOptions;
  readonly #file: string;

  constructor(parts: {
    host: ThrowawayHost;
    outside: Host;
    inside: Inside;
    options: StageOptions;
    file: string;
    paced: PacedSpec;
    spec: Spec;
    subjects: readonly Subject[];
    standIns: readonly string[];
    upMillis: number;
  }) {
    this.host = parts.host;
    this.#outside = parts.outside;
    this.inside = parts.inside;
    this.#options = parts.options;
    this.#file = parts.file;
    this.paced = parts.paced;
    this.spec = parts.spec;
    this.subjects = parts.subjects;
    this.standIns = parts.standIns;
    this.upMillis = parts.upMillis;
    this.progress = parts.options.progress;
    this.signal = parts.options.signal;
  }

  get outside(): Host {
    return this.#outside;
  }

  /** The bus is another one after a reboot or a restart of it. */
  async reconnect(): Promise<void> {
    await this.#outside.close().catch(() => {});
    this.#outside = await openBus(this.host);
  }

  holdfast(...words: string[]): Promise<RunResult> {
    return this.host.run([this.#options.holdfast, "--file", this.#file, ...words], { timeout: 120_000 });
  }

  run(argv: readonly string[], options?: RunOptions): Promise<RunResult> {
    return this.host.run(argv, options);
  }

  async applyOther(changes: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
    const other = `${this.#file.slice(0, -".yaml".length)}-other.yaml`;
    const spec = { ...(JSON.parse(this.paced.text) as object), ...changes };
    await this.host.write(other, `${JSON.stringify(spec)}\n`, 0o644);
    return [this.#options.holdfast, "--file", other, "apply"];
  }

  async isReady({ gate }: Subject): Promise<boolean> {
    return (await this.inside.ready(gate, this.spec.user ?? null, this.spec.directory)).ok;
  }

  told(app: string, since: number): Promise<Told[]> {
    return readTold(this, app, since);
  }

  async close(): Promise<void> {
    await this.inside.close();
    await this.#outside.close().catch(() => {});
    await this.host.destroy();
  }
}

/** Boots the copy, makes sure that nothing gets out of it, applies the spec there and waits until all is ready. */
export async function openStage(options: StageOptions): Promise<CopyStage> {
  const { spec, file, text, progress, signal, holdfast } = options;
  const began = performance.now();
  const upstreams = planUpstreams(spec, dirname(file), Date.now());
  progress.begin("Boot a copy of this machine");
  const own = [dirname(file), spec.directory];
  const other = options.lower !== "/";
  const host = await bootThrowawayHost({
    lower: options.lower,
    visible: [options.checkout, ...(other ? [] : own)].filter((path) => existsSync(path)),
    hide: ["/root/.ssh", "/etc/credstore", "/etc/credstore.encrypted"],
  });
  const stop = (): void => void host.destroy();
  signal.addEventListener("abort", stop, { once: true });
  const inside = new Inside(host, holdfast);
  try {
    progress.end("done");
    if (signal.aborted) throw interruptedError();
    // Another tree has nothing of the application, and shows what it is given read-only.
    if (other)
      await carryOver(
        host,
        own.filter((path) => !isWithin(path, options.checkout)),
      );
    const standIns = await putStandIns(host, spec, options.grant);
    await options.prepare?.(host);
    progress.begin("Make sure that nothing gets out");
    await assertIsolated(host, inside, spec, options.grant);
    progress.end("done");
    if (upstreams) await putUpstreams(host, holdfast, upstreams);
    const paced = paceSpec(text, file, options.environment, options.realTime);
    const pacedFile = await placeSpec(host, spec, file, paced.text);
    const read = parseSpec(paced.text, pacedFile);
    if (!read.spec)
      throw new Error(
        `the rehearsal's spec has mistakes: ${read.diagnostics.map(({ summary }) => summary).join("; ")}`,
      );
    progress.begin("Apply the spec");
    const applied = await host.run([holdfast, "--json", "--file", pacedFile, "apply"], { timeout: 300_000 });
    if (applied.status !== 0) throw notApplied(applied);
    progress.end("done");
    const outside = await openBus(host);
    const target = {
      ...(await readTarget(outside, holdfast, stateDirectory("system"))),
      scope: "system" as const,
    };
    return new CopyStage({
      host,
      outside,
      inside,
      options,
      file: pacedFile,
      paced,
      spec: read.spec,
      standIns,
      subjects: subjectsOf(read.spec, target),
      upMillis: performance.now() - began,
    });
  } catch (error) {
    await inside.close().catch(() => {});
    await host.destroy();
    throw signal.aborted ? interruptedError() : error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** What people were told, or would have been, in the words of holdfast incident. */
export async function readTold(stage: Pick<Stage, "holdfast">, app: string, since: number): Promise<Told[]> {
  const { stdout } = await stage.holdfast("--json", "incident", "list", app, "--all");
  const { incidents } = JSON.parse(stdout) as {
    incidents: { name: string; severity: Severity; title: string; resolved: number | null }[];
  };
  const from = since - 50;
  const shown = await Promise.all(
    incidents
      .filter(({ resolved }) => resolved === null || resolved >= from)
      .map(async ({ name, severity, title }) => {
        const { alerts, messages } = JSON.parse(
          (await stage.holdfast("--json", "incident", "show", name)).stdout,
        ) as { alerts: { opened: number }[]; messages?: { target: string }[] };
        // What was over and comes back is the same incident again.
        const opened = alerts.map((alert) => alert.opened).find((at) => at >= from);
        const to = [...new Set((messages ?? []).map(({ target }) => target))];
        return opened === undefined
          ? null
          : { incident: name, severity, summary: title, to, after: Math.max(0, opened - since) };
      }),
  );
  return shown.filter((one) => one !== null);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}

function openBus(host: ThrowawayHost): Promise<Host> {
  return openLocalHost("system", { busPath: join(host.root, "run/dbus/system_bus_socket") });
}

/** The application does not even start: what apply said on the copy is the answer. */
function notApplied({ stdout, stderr }: RunResult): HoldfastError {
  const said = readDiagnostics(stdout);
  return new HoldfastError([
    {
      severity: "error",
      code: "rehearse/does-not-start",
      summary: "Cannot rehearse: the application does not start on the copy of this machine",
      detail: said.length === 0 ? stderr.trim() : "what apply said there follows",
      fix: "mend what is said, then rehearse again",
    },
    ...said,
  ]);
}

function readDiagnostics(text: string): readonly Diagnostic[] {
  try {
    return ((JSON.parse(text) as { diagnostics?: readonly Diagnostic[] }).diagnostics ?? []).filter(
      ({ severity }) => severity === "error",
    );
  } catch {
    return [];
  }
}

/** Text of a file of this machine; null when it cannot be read. */
export function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
