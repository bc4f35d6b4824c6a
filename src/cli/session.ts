import { resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { Recovery } from "../apply/recover.ts";
import type { Target } from "../compile/target.ts";
import type { Host, Scope } from "../host/host.ts";
import { openLocalHost } from "../host/local.ts";
import { readTarget } from "../plan/read-target.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import { Output } from "../report/output.ts";
import { AuditFindings } from "../store/audit-findings.ts";
import { Changes } from "../store/changes.ts";
import { readGeneration, type Generation } from "../store/generations.ts";
import { openDatabase, stateDirectory, whoIsAsking } from "../store/open-store.ts";
import { Records } from "../store/records.ts";
import { OpenDrills } from "../store/open-drills.ts";
import { Probations } from "../store/probations.ts";
import { Rehearsals } from "../store/rehearsals.ts";
import { Runs } from "../store/runs.ts";
import { WatchRecord } from "../store/watch.ts";
import { Teller } from "../tell/teller.ts";
import { describeRecovery } from "./describe-outcome.ts";
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
  drills: OpenDrills;
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
    probations: new Probations(database, teller),
    drills: new OpenDrills(database),
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
      // Only who changes something needs all that can be done to a host; a list or a status starts a sixth sooner without it.
      const { recover } = await import("../apply/recover.ts");
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

/** Path by which units call holdfast back: the launcher, which finds its own Node. */
export function holdfastProgram(): string {
  return resolve(__dirname, "..", "bin", "holdfast");
}
