import type { CheckRule, WatchFile, WatchRule } from "../compile/watch-rule.ts";
import { newCheckState, type CheckState } from "../heal/check-state.ts";
import { closedBreaker, type PastHeal, type ServiceState, type UnitFacts } from "../heal/service-state.ts";
import type { LineTally } from "../observe/probes/line-tally.ts";
import type { UnitMark, WatchRecord } from "../store/watch.ts";
import type { HealRow } from "../heal/heal-row.ts";

/** One check of one service: what the queue holds. */
export type Slot = { readonly of: Watched; readonly check: CheckRule };

/** One service as it is held in memory while it is watched. */
export class Watched {
  readonly app: string;
  readonly file: Pick<WatchFile, "app" | "scope" | "namespace">;
  rule: WatchRule;
  state: ServiceState;
  /** The heal that has not ended, whoever began it. */
  heal: HealRow | null = null;
  mark: UnitMark | null = null;
  /** Why it last ended, in words: systemd forgets it with the next start. */
  lastEnd: string | null = null;
  /** What it ended for is being looked at. */
  explaining = false;
  /** Heals that could not be recorded: counted for as long as we live. */
  unrecorded: readonly PastHeal[] = [];
  /** Since when its unit is down, by the steady clock; null while it is not. */
  downSince: number | null = null;
  /** What was decided came to nothing: until then (by the steady clock) it is not tried again. */
  waitUntil = 0;
  /** How often that was so in a row. */
  inVain = 0;
  /** A decision about it is being carried out. */
  acting = false;
  slots: readonly Slot[];
  /** Checks that are being looked at. */
  readonly looking = new Set<string>();
  /** Checks whose state in the record is older than in memory. */
  readonly unsaved = new Set<string>();
  /** What the followed journal has told, by check. */
  readonly tallies = new Map<string, LineTally>();

  constructor(file: WatchFile, rule: WatchRule) {
    this.app = file.app;
    this.file = { app: file.app, scope: file.scope, namespace: file.namespace };
    this.rule = rule;
    this.slots = rule.checks.map((check) => ({ of: this, check }));
    this.state = {
      unit: unknownFacts,
      checks: {},
      breaker: closedBreaker(0),
      heals: [],
      crashes: [],
      circumstances: { stoppedBy: null, changing: false, paused: null, clockSetAt: null },
    };
  }

  get name(): string {
    return `${this.app}/${this.rule.service}`;
  }

  slot(check: string): Slot | null {
    return this.slots.find((slot) => slot.check.id === check) ?? null;
  }

  /** Other rules: states of checks that look at the same thing as before are kept. */
  follow(rule: WatchRule): void {
    const before = new Map(this.rule.checks.map((check) => [check.id, JSON.stringify(check.look)]));
    const kept = rule.checks.filter(({ id, look }) => before.get(id) === JSON.stringify(look));
    const checks = kept.flatMap(({ id }) => (this.state.checks[id] ? [[id, this.state.checks[id]]] : []));
    for (const id of this.tallies.keys()) if (!kept.some((check) => check.id === id)) this.tallies.delete(id);
    this.rule = rule;
    this.slots = rule.checks.map((check) => ({ of: this, check }));
    this.state = { ...this.state, checks: Object.fromEntries(checks) };
  }

  /** What the record knows of it: all that decisions go by, so that whoever was killed decides the same. */
  load(record: WatchRecord, now: number): void {
    const { app, rule } = this;
    const saved = record.checkStates(app, rule.service);
    const checks = rule.checks.flatMap(({ id }): [string, CheckState][] =>
      // What an older version has written may lack a field.
      saved[id] ? [[id, { ...newCheckState(now), ...saved[id] }]] : [],
    );
    this.mark = record.mark(rule.unit);
    this.state = { ...this.state, checks: Object.fromEntries(checks) };
    this.refresh(record, now);
  }

  /** What others may have changed: heals, breaker, restarts on record. */
  refresh(record: WatchRecord, now: number): void {
    const { app, rule } = this;
    const { limit, crashes, resetAfter } = rule.heal;
    const rows = record.healsSince(app, rule.service, now - Math.max(limit.window, longestHeal));
    this.heal = rows.findLast(({ finished }) => finished === null) ?? null;
    this.state = {
      ...this.state,
      breaker: record.breaker(rule.unit) ?? closedBreaker(0),
      heals: [...rows.flatMap(pastHeal), ...this.unrecorded].toSorted((a, b) => a.at - b.at),
      crashes: record.crashesSince(
        app,
        rule.service,
        now - Math.max(crashes.window, resetAfter ?? 0),
        crashes.count + 1,
      ),
    };
  }
}

/** Of a unit that systemd was not asked about yet, or could not be. */
const unknownFacts: UnitFacts = {
  active: "unknown",
  sub: "",
  activeSince: null,
  pid: null,
  invocation: "",
  restarts: 0,
  ended: null,
  result: "",
};

/** A heal that is open for longer is one that nobody carries out any more. */
const longestHeal = 24 * 3_600_000;

/** One that was left undone has changed nothing. */
function pastHeal({ at, cause, outcome, counts }: HealRow): PastHeal[] {
  return outcome === "superseded" ? [] : [{ at, cause, outcome: outcome ?? "open", counts }];
}

/** Is the difference worth a write? A good result after good ones is not. */
export function isNews(before: CheckState | undefined, after: CheckState): boolean {
  if (before === undefined) return after.verdict !== "pending";
  return (
    before.verdict !== after.verdict ||
    before.flapping !== after.flapping ||
    before.opened.length !== after.opened.length ||
    before.steadySince !== after.steadySince ||
    (before.unknownSince === null) !== (after.unknownSince === null) ||
    (after.verdict !== "ok" && (before.okSince === null) !== (after.okSince === null)) ||
    badOnes(before) !== badOnes(after)
  );
}

/** A window that is full of failures does not change any more, either. */
function badOnes({ window }: CheckState): string {
  const bad = window.filter((result) => result !== "ok").length;
  return bad === 0 ? "" : `${bad} ${window.at(-1)}`;
}
