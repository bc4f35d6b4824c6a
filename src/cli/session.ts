import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { recover, type Recovery } from "../apply/recover.ts";
import { compileSpec } from "../compile/compile.ts";
import type { Target } from "../compile/target.ts";
import type { Host, Scope } from "../host/host.ts";
import { openLocalHost } from "../host/local.ts";
import { makeDesired, type Desired } from "../plan/desired.ts";
import { readTarget } from "../plan/read-target.ts";
import { exitCode, hasErrors, HoldfastError, type Diagnostic } from "../report/diagnostic.ts";
import { Output } from "../report/output.ts";
import { parseSpec, type Spec } from "../spec/parse-spec.ts";
import { AuditFindings } from "../store/audit-findings.ts";
import { Changes } from "../store/changes.ts";
import { readGeneration, type Generation } from "../store/generations.ts";
import { openDatabase, stateDirectory, whoIsAsking } from "../store/open-store.ts";
import { Records } from "../store/records.ts";
import { Probations } from "../store/probations.ts";
import { Rehearsals } from "../store/rehearsals.ts";
import { Runs } from "../store/runs.ts";
import { WatchRecord } from "../store/watch.ts";
import { Teller } from "../tell/teller.ts";
import { describeRecovery } from "./describe-outcome.ts";
import { withProfiles } from "./read-profiles.ts";
import { takeLockAfterHeals } from "./wait-for-heals.ts";

/** Options that every command takes. */
export type GlobalOptions = { file: string; user?: boolean; json?: boolean; env?: string };

/** All that is kept of a scope. */
export type StateRecord = {
  changes: Changes;
  records: Records;
  runs: Runs;
  watch: WatchRecord;
  teller: Teller;
  audits: AuditFindings;
  rehearsals: Rehearsals;
  probations: Probations;
};

function recordOf(database: DatabaseSync, scope: Scope, out: Output): StateRecord {
  const teller = new Teller(database, { scope, say: (_, text) => out.note(text) });
  return {
    changes: new Changes(database),
    records: new Records(database, teller),
    runs: new Runs(database, teller),
    watch: new WatchRecord(database, teller),
    teller,
    audits: new AuditFindings(database),
    rehearsals: new Rehearsals(database),
    probations: new Probations(database),
  };
}

/** What a command works with: the host, the record, a voice. Everything is opened when first asked for. */
export class Session {
  readonly scope: Scope;
  readonly out: Output;
  readonly options: GlobalOptions;
  readonly stateDirectory: string;
  readonly who = whoIsAsking();
  #host: Promise<Host> | undefined;
  #database: DatabaseSync | null | undefined;
  #writable = false;

  constructor(options: GlobalOptions) {
    this.options = options;
    this.scope = options.user ? "user" : "system";
    this.out = new Output({ json: options.json ?? false, scope: this.scope });
    this.stateDirectory = stateDirectory(this.scope);
  }

  /** The same spec, environment and scope with another command, as a person types it. */
  commandLine(command: string): string {
    const { user, file, env } = this.options;
    return [
      user ? "holdfast --user" : "sudo holdfast",
      ...(file === "holdfast.yaml" ? [] : [`--file ${file}`]),
      ...(env === undefined ? [] : [`--env ${env}`]),
      command,
    ].join(" ");
  }

  host(): Promise<Host> {
    this.#host ??= openLocalHost(this.scope);
    return this.#host;
  }

  async target(): Promise<Target> {
    return readTarget(await this.host(), holdfastProgram(), this.stateDirectory);
  }

  /** The record, for reading; null when nothing was ever applied here. */
  record(): StateRecord | null {
    this.#database ??= openDatabase(this.scope, { write: false });
    return this.#database ? recordOf(this.#database, this.scope, this.out) : null;
  }

  /** The record, for writing. */
  writableRecord(): StateRecord {
    if (!this.#writable) {
      this.#database?.close();
      this.#database = openDatabase(this.scope, { write: true });
      this.#writable = true;
    }
    return recordOf(this.#database!, this.scope, this.out);
  }

  /** The generation in force, or null. */
  async currentGeneration(app: string): Promise<Generation | null> {
    const to = this.record()?.changes.lastApplied(app)?.to;
    return to == null ? null : readGeneration((await this.host()).files, this.stateDirectory, app, to);
  }

  /** Reads and checks the spec and the profiles it names; throws with every mistake in them. */
  loadSpec(): { spec: Spec; text: string; profiles: readonly string[] } {
    const file = this.options.file;
    const text = readSpecFile(file);
    this.out.sources.set(file, text);
    const { spec, diagnostics } = parseSpec(text, file, {
      environment: this.options.env,
      now: Date.now(),
    });
    if (!spec) throw new HoldfastError(diagnostics, exitCode.usage);
    this.out.diagnose(diagnostics);
    const profiled = withProfiles(spec, this.out.sources);
    return { spec: profiled.spec, text, profiles: profiled.texts };
  }

  /** Compiles the spec for a target; throws with what cannot be compiled. */
  compile(spec: Spec, target: Target): { desired: Desired; losses: readonly Diagnostic[] } {
    const compiled = compileSpec(spec, target);
    const errors = compiled.diagnostics.filter((d) => d.severity === "error");
    if (hasErrors(errors)) throw new HoldfastError(errors, exitCode.usage);
    return { desired: makeDesired(spec, compiled, target), losses: compiled.diagnostics };
  }

  /** Runs work that may change an application: under its lock, and after what an earlier command left behind is taken back. */
  async changing<T>(
    app: string,
    command: string,
    work: (record: StateRecord, recovery: Recovery | null) => Promise<T>,
  ): Promise<T> {
    const host = await this.host();
    await this.assertMayChange(`change "${app}"`, command);
    const holder = {
      who: this.who,
      command: `holdfast ${command}`,
      pid: process.pid,
      since: new Date().toISOString(),
    };
    const lock = await takeLockAfterHeals(this.stateDirectory, app, holder, (text) => this.out.note(text));
    try {
      const record = this.writableRecord();
      const recovery = await recover(host, record.changes, app, () => new Date());
      if (recovery) this.out.diagnose([describeRecovery(app, recovery)]);
      if (recovery && recovery.leftOver.length > 0) {
        throw new HoldfastError({
          severity: "error",
          code: "apply/not-recovered",
          summary: `Cannot go on with "${app}": an earlier change could not be taken back completely`,
          fix: "remove the cause, then run the command again",
        });
      }
      return await work(record, recovery);
    } finally {
      lock.release();
    }
  }

  /** `task` completes "Cannot ..."; `command` is what to type again with sudo. */
  async assertMayChange(task: string, command: string): Promise<void> {
    if ((await this.host()).mayChange) return;
    throw new HoldfastError({
      severity: "error",
      code: "host/not-permitted",
      summary: `Cannot ${task}: only root may change system services`,
      fix: `sudo holdfast ${command}`,
    });
  }

  async close(): Promise<void> {
    await (await this.#host)?.close();
    this.#database?.close();
  }
}

function readSpecFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const missing = code === "ENOENT";
    throw new HoldfastError(
      {
        severity: "error",
        code: missing ? "spec/not-found" : "spec/unreadable",
        summary: missing
          ? `Cannot find ${file}`
          : `Cannot read ${file}: ${code === "EISDIR" ? "it is a directory" : (error as Error).message}`,
        fix: missing
          ? "go to the application's directory, name the file with --file, or write a first one: holdfast init"
          : "check the path and its permissions",
      },
      exitCode.usage,
    );
  }
}

/** Path by which units call holdfast back: the launcher, which finds its own Node. */
export function holdfastProgram(): string {
  return resolve(__dirname, "..", "bin", "holdfast");
}
