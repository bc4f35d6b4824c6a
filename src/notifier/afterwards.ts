import type { DatabaseSync } from "node:sqlite";
import type { Host } from "../host/host.ts";
import { checkFiles } from "../plan/drift.ts";
import type { Desired } from "../plan/desired.ts";
import { together } from "../store/open-store.ts";
import type { WatchRecord } from "../store/watch.ts";
import { closeUndeclared, declaredBy } from "../tell/close-undeclared.ts";
import type { AppMask } from "../observe/app-mask.ts";
import { gatherEvidence } from "../observe/gather-evidence.ts";
import { drillReason } from "../observe/probation/read-probation.ts";
import { findRunningAgain } from "../observe/runs-again.ts";
import type { Changes } from "../store/changes.ts";
import type { Records } from "../store/records.ts";
import { itself, silenceOf } from "../tell/take-step.ts";
import { takeTransition } from "../tell/raise.ts";
import type { Teller } from "../tell/teller.ts";
import { severityOf } from "../tell/transition.ts";

export type AfterwardsOptions = {
  host: Host;
  app: string;
  teller: Teller;
  watch: WatchRecord;
  database: DatabaseSync;
  stateDirectory: string;
  desired: Promise<Desired | null>;
  generation: number | null;
  mask: Promise<AppMask | null>;
  changes: Changes;
  records: Records;
  say: (level: number, text: string) => void;
};

const hour = 3_600_000;

/** What takes time and may wait until people have been told: evidence of fresh incidents, and once an hour a look for drift. */
export class Afterwards {
  readonly #options: AfterwardsOptions;
  /** Incidents whose evidence was gathered, or could not be. */
  readonly #tried = new Set<number>();

  constructor(options: AfterwardsOptions) {
    this.#options = options;
  }

  async run(): Promise<void> {
    const desired = await this.#options.desired;
    // First what is gone in an hour.
    if (desired !== null) await this.#keepEvidence(desired);
    await this.endMended();
    if (desired === null) return;
    await this.#lookForDrift(desired);
  }

  /** Whoever was told that it gave up is to hear that it runs again, however it was started. */
  async endMended(): Promise<void> {
    const { host, app, records, teller, say } = this.#options;
    try {
      const { now } = teller.telling(app);
      for (const { unit, since } of await findRunningAgain(host, records.openGiveUps(app), now)) {
        const says = `it runs again since ${new Date(since).toISOString()}`;
        records.closeGiveUps(unit, "nobody", new Date(now).toISOString(), says);
      }
    } catch (error) {
      // What is to be told does not wait for it; it is looked again.
      say(4, `what gave up could not be looked at: ${(error as Error).message}`);
    }
  }

  /** What is to be seen of a fresh incident is gone an hour later. */
  async #keepEvidence(desired: Desired): Promise<void> {
    const { teller, app, host, stateDirectory, watch, changes, generation, say } = this.#options;
    const { store, now } = teller.telling(app);
    for (const incident of store.incidents.list(app, { since: now - hour, limit: 50 })) {
      const { severity, evidence, id, toldAt } = incident;
      const matters = severity === "critical" || severity === "error";
      if (!matters || evidence !== null || toldAt === null || this.#tried.has(id)) continue;
      this.#tried.add(id);
      const mask = await this.#options.mask;
      const sources = { host, stateDirectory, changes, watch, store, desired, generation, mask };
      await gatherEvidence(sources, incident, itself).catch((error: unknown) =>
        say(4, `evidence of ${incident.name} could not be kept: ${(error as Error).message}`),
      );
    }
  }

  async #lookForDrift(desired: Desired): Promise<void> {
    const { teller, app, host, database } = this.#options;
    const telling = teller.telling(app);
    const last = Number(telling.store.marks.get(app, "drift") ?? 0);
    if (telling.now - last < hour) return;
    if (this.#isChanging()) return;
    const files = await Promise.all(
      desired.artifacts.map(async ({ path }) => {
        const content = await host.files.read(path).catch(() => null);
        return [path, { content, mode: null, missingDirectories: [] }] as const;
      }),
    );
    const found = checkFiles(app, desired, desired, { files: Object.fromEntries(files) });
    together(database, () => {
      // It began while the files were read.
      if (this.#isChanging()) return;
      const now = teller.telling(app);
      now.store.marks.save(app, "drift", String(now.now));
      closeUndeclared(now, declaredBy(desired));
      const about = { at: now.now, service: null, source: "drift", subject: null } as const;
      if (found.length === 0)
        takeTransition(now, { ...about, change: "clear", says: "everything is as it was applied" });
      else
        takeTransition(now, {
          ...about,
          change: "raise",
          severity: severityOf(now.file, "drift"),
          says: `changed outside Holdfast: ${found.map(({ summary }) => summary).join("; ")}`,
          mayHeal: false,
        });
    });
  }

  /** Somebody is at the files right now, such as an apply or a drill, or has just put another generation there: that is no drift. */
  #isChanging(): boolean {
    const { teller, app, changes, generation } = this.#options;
    const telling = teller.telling(app);
    const window = silenceOf(telling, app, null);
    // A drill gives checks other rules for a while.
    const drilled = telling.store.silences.inForce(app, telling.now).some(({ why }) => why === drillReason);
    return drilled || window?.kind === "maintenance" || changes.generationInForce(app) !== generation;
  }
}
