import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { WatchEvent } from "../heal/watch-event.ts";
import type { Scope } from "../host/host.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import { Incidents } from "../store/incidents.ts";
import { stateDirectory, together } from "../store/open-store.ts";
import { Outbox } from "../store/outbox.ts";
import { Reviews } from "../store/reviews.ts";
import type { RunResult } from "../store/runs.ts";
import { Silences } from "../store/silences.ts";
import { Targets } from "../store/targets.ts";
import { TellMarks } from "../store/tell-marks.ts";
import type { Told, ToldGiveUp, ToldProbation, ToldRun } from "../store/told.ts";
import { takeTransition } from "./raise.ts";
import { noTelling, parseTellFile, type TellFile } from "../compile/tell-rule.ts";
import type { Telling, TellStore } from "./telling.ts";
import { severityOf, transitionsOf, type Transition } from "./transition.ts";

/** Where an application's TellFile is: /etc/holdfast/tell, or below the user's own settings. */
function tellDirectory(scope: Scope, environment: NodeJS.ProcessEnv = process.env): string {
  if (scope === "system") return "/etc/holdfast/tell";
  const named = environment["XDG_CONFIG_HOME"];
  return join(named?.startsWith("/") ? named : join(homedir(), ".config"), "holdfast/tell");
}

/** While this file is there, somebody has something to send: a path unit of systemd starts the notifier (systemd.path(5)). */
export function wakeFile(stateDirectory: string, app: string): string {
  return join(stateDirectory, "wake", app);
}

export function tellStore(database: DatabaseSync): TellStore {
  return {
    incidents: new Incidents(database),
    outbox: new Outbox(database),
    targets: new Targets(database),
    silences: new Silences(database),
    reviews: new Reviews(database),
    marks: new TellMarks(database),
  };
}

export type TellerOptions = {
  scope: Scope;
  /** What cannot be told is said in the journal; levels of syslog(3). */
  say: (level: number, text: string) => void;
  now?: () => number;
  directory?: string;
  wakeDirectory?: string;
};

/** Makes alerts, incidents and messages of what is recorded, within the transaction that records it. */
export class Teller implements Told {
  readonly store: TellStore;
  readonly #database: DatabaseSync;
  readonly #options: Required<TellerOptions>;
  readonly #files = new Map<string, { stamp: string; file: TellFile }>();

  constructor(database: DatabaseSync, options: TellerOptions) {
    this.#database = database;
    this.store = tellStore(database);
    const { scope } = options;
    this.#options = {
      now: Date.now,
      directory: tellDirectory(scope),
      wakeDirectory: stateDirectory(scope),
      ...options,
    };
  }

  /** What an application's telling goes by now. */
  telling(app: string): Telling {
    const { now, wakeDirectory } = this.#options;
    const file = this.#fileOf(app);
    return {
      store: this.store,
      file,
      now: now(),
      // Loaded when it is needed: it takes 8 ms, and most commands only read.
      random: () => process.getBuiltinModule("node:crypto").randomBytes(13).toString("hex"),
      wake: () => {
        if (file.channels.length > 0) wake(wakeFile(wakeDirectory, app));
      },
    };
  }

  event(event: WatchEvent): void {
    // What is about the watching itself concerns every application that tells.
    const apps = event.app === "" ? this.#apps() : [event.app];
    for (const app of apps) this.#take(app, (telling) => transitionsOf(event, telling.file));
  }

  run({ app, job, result, reason, at }: ToldRun): void {
    this.#take(app, ({ file }) => transitionsOfRun(file, { app, job, result, reason, at }));
  }

  gaveUp({ app, unit, says, at }: ToldGiveUp): void {
    this.#take(app, ({ file }) => [
      {
        change: "raise",
        at,
        service: serviceOf(file, app, unit),
        source: "gave-up",
        subject: null,
        severity: severityOf(file, "gave-up"),
        says,
        mayHeal: false,
      },
    ]);
  }

  gaveUpNoMore({ app, unit, says, at }: ToldGiveUp): void {
    this.#take(app, ({ file }) => [
      { change: "clear", at, service: serviceOf(file, app, unit), source: "gave-up", subject: null, says },
    ]);
  }

  probation({ app, service, state, says, at }: ToldProbation): void {
    this.#take(app, ({ file }) => {
      const about = { at, service, source: "probation", subject: null, says } as const;
      if (state !== "failed") return [{ ...about, change: "clear" }];
      const severity = severityOf(file, "probation");
      return [{ ...about, change: "raise", severity, mayHeal: false }];
    });
  }

  /** A fault of telling must not keep what happened from being recorded: it is taken back by itself, and said. */
  #take(app: string, transitions: (telling: Telling) => readonly Transition[]): void {
    together(this.#database, () => {
      this.#database.exec("SAVEPOINT tell");
      try {
        const telling = this.telling(app);
        for (const transition of transitions(telling)) takeTransition(telling, transition);
        this.#database.exec("RELEASE tell");
      } catch (error) {
        // That it cannot be written is for whoever wrote: all of it is written later.
        if (!this.#database.isTransaction || error instanceof HoldfastError) throw error;
        this.#database.exec("ROLLBACK TO tell; RELEASE tell");
        this.#options.say(1, `${app}: what happened could not be told: ${(error as Error).message}`);
      }
    });
  }

  #fileOf(app: string): TellFile {
    const { directory, scope, say } = this.#options;
    const path = join(directory, `${app}.json`);
    const known = this.#files.get(app);
    try {
      const found = statSync(path, { bigint: true, throwIfNoEntry: false });
      if (found === undefined) return noTelling(app, scope);
      const stamp = `${found.mtimeNs} ${found.size} ${found.ino}`;
      if (known?.stamp === stamp) return known.file;
      const file = parseTellFile(readFileSync(path, "utf8"));
      this.#files.set(app, { stamp, file });
      return file;
    } catch (error) {
      say(1, `${path} cannot be used, and nobody is told: ${(error as Error).message}`);
      return known?.file ?? noTelling(app, scope);
    }
  }

  #apps(): string[] {
    try {
      const names = readdirSync(this.#options.directory);
      return names.flatMap((name) => (name.endsWith(".json") ? [name.slice(0, -5)] : []));
    } catch {
      // Nobody tells.
      return [];
    }
  }
}

/**
 * Made within the transaction, and removed by the notifier within one of its own when it has found nothing to do: so it is
 * there whenever something is, however either of them is cut short.
 */
function wake(path: string): void {
  try {
    writeFileSync(path, "");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, "");
  }
}

/** polybot-bot.service of polybot is "bot"; polybot.service is "polybot". */
function serviceOf({ kept }: TellFile, app: string, unit: string): string {
  if (kept?.[unit] !== undefined) return kept[unit];
  const name = unit.replace(/\.service$/, "");
  return name.startsWith(`${app}-`) ? name.slice(app.length + 1) : name;
}

const bad: Readonly<Partial<Record<RunResult, "job" | "missed">>> = {
  failed: "job",
  "timed-out": "job",
  lost: "job",
  blocked: "job",
  unsure: "job",
  "too-late": "missed",
  missed: "missed",
};

/** A run that went well ends what was wrong with its job; every way not to run is told, but for those that were meant. */
function transitionsOfRun(file: TellFile, { job, result, reason, at }: ToldRun): Transition[] {
  const about = { at, service: job, subject: null };
  if (result === "succeeded")
    return (["job", "missed"] as const).map((source) => ({
      ...about,
      change: "clear",
      source,
      says: "it has run and succeeded",
    }));
  const source = bad[result];
  if (source === undefined) return [];
  const severity = file.criticalJobs.includes(job) ? "critical" : severityOf(file, source);
  return [
    { ...about, change: "raise", source, severity, says: `${job}: ${result}: ${reason}`, mayHeal: false },
  ];
}
