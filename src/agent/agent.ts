import type { WatchFile } from "../compile/watch-rule.ts";
import { explainUnitFailure } from "../explain-failure/read-failure.ts";
import type { BusAddress } from "../host/dbus.ts";
import type { Host, Properties, Scope } from "../host/host.ts";
import { UnitSignals } from "../host/unit-signals.ts";
import { unitFactProperties, unitFactsOf } from "../observe/probes/read-unit-facts.ts";
import type { UnitName } from "../value/unit-name.ts";
import { reconcile, type ActContext } from "./acts.ts";
import type { Carry } from "./carrier.ts";
import { Decisions } from "./decisions.ts";
import { Looks } from "./looks.ts";
import type { Memory } from "./memory.ts";
import { forgetEnded, noteRestarts, saveStates } from "./round.ts";
import { Rules } from "./rules.ts";
import type { Say } from "./say.ts";
import { Situation } from "./situation.ts";
import type { SteadyClock } from "./steady-clock.ts";
import { Tallies } from "./tallies.ts";
import { Timetable } from "./timetable.ts";
import { guarded } from "./unexpected.ts";
import { Watched, type Slot } from "./watched.ts";

export type AgentOptions = {
  scope: Scope;
  host: Host;
  bus: () => BusAddress;
  stateDirectory: string;
  rulesDirectory: string;
  boot: string;
  memory: Memory;
  clock: SteadyClock;
  say: Say;
  carry: Carry;
  /** What there is to say of the whole has changed. */
  changed: () => void;
};

/** The agent decides; who heals by hand has a name. */
const who = "agent";
/** How often others are asked whether they have changed something; systemd's signals come by themselves. */
const askOthers = 5000;
const flushUnsaved = 5 * 60_000;

/**
 * Watches declared services: readings and signals come in, states change, decisions follow. One queue of due times and one
 * timer; nothing is asked while nothing is due.
 */
export class Agent {
  readonly #options: AgentOptions;
  readonly #context: ActContext;
  readonly #timetable: Timetable<Slot | Watched>;
  readonly #situation: Situation;
  readonly #looks: Looks;
  readonly #decisions: Decisions;
  readonly #watched = new Map<UnitName, Watched>();
  readonly #files = new Map<string, WatchFile>();
  readonly #signals: UnitSignals;
  readonly #tallies: Tallies;
  readonly #closed = new AbortController();
  #rules: Rules | null = null;
  #others: NodeJS.Timeout | null = null;
  #flushedAt = 0;

  constructor(options: AgentOptions) {
    this.#options = options;
    const { host, stateDirectory, memory, say, clock, carry, scope } = options;
    const now = (): number => clock.now();
    this.#context = { host, stateDirectory, memory, say, now, carry, who };
    this.#signals = new UnitSignals(options.bus, unitFactProperties, {
      changed: (unit, properties) => this.#guard(() => this.#unitChanged(unit, properties)),
      bus: (state, why) => this.#guard(() => this.#busChanged(state, why)),
    });
    this.#tallies = new Tallies(scope, now, say);
    this.#timetable = new Timetable(clock, (takeDue) => this.#guard(() => this.#wake(takeDue)));
    this.#situation = new Situation(memory, clock);
    const shared = {
      context: this.#context,
      situation: this.#situation,
      timetable: this.#timetable,
      isWatched: (of: Watched) => this.#isWatched(of),
    };
    this.#looks = new Looks({
      ...shared,
      reading: { host, clock, tallies: this.#tallies, say, signal: this.#closed.signal },
      changed: (of) => this.#decisions.settle(of),
    });
    this.#decisions = new Decisions({
      ...shared,
      clock,
      readOthers: () => this.#readOthers(),
      lookAgain: (of, checks) => this.#looks.beginNow(of, checks),
      acted: (of) => {
        // Not everything that was done to it is told by a signal.
        this.#signals.refresh([of.rule.unit]);
        this.#lookAt([of]);
      },
    });
  }

  /** Reads the rules and begins. */
  start(): void {
    const { say, rulesDirectory } = this.#options;
    this.#rules = new Rules(rulesDirectory, {
      changed: (file) => this.#guard(() => this.#follow(file)),
      removed: (app) => this.#guard(() => this.#forget(app)),
      unusable: (path, why) => say(3, `the rules in ${path} cannot be used: ${why}`),
    });
    this.#others = setInterval(() => this.#guard(() => this.#lookAtOthers()), askOthers);
    this.#guard(() => this.#lookAtOthers());
  }

  get services(): number {
    return this.#watched.size;
  }

  get heartbeats(): { url: string; every: number; app: string }[] {
    return [...this.#files.values()].flatMap(({ heartbeat, app }) =>
      heartbeat ? [{ ...heartbeat, app }] : [],
    );
  }

  /** What keeps the whole from working; null when it works. */
  get trouble(): string | null {
    if (!this.#situation.busIsThere) return "systemd cannot be asked";
    if (this.#options.memory.trouble !== null) return this.#options.memory.trouble;
    return this.#tallies.trouble;
  }

  /** Writes what is only in memory yet. */
  flush(): void {
    for (const of of this.#watched.values()) saveStates(this.#context, of);
    this.#flushedAt = this.#options.clock.now();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    this.#timetable.close();
    if (this.#others) clearInterval(this.#others);
    this.#rules?.close();
    this.#tallies.close();
    this.flush();
    await this.#signals.close();
  }

  #follow(file: WatchFile): void {
    const { memory, clock, say } = this.#options;
    const now = clock.now();
    const before = this.#ofApp(file.app);
    this.#files.set(file.app, file);
    for (const rule of file.services) {
      const known = this.#watched.get(rule.unit);
      const of = known ?? new Watched(file, rule);
      const ended = known ? known.follow(rule, now) : memory.read([], ({ watch }) => of.load(watch, now));
      forgetEnded(this.#context, of, ended);
      if (known) continue;
      this.#watched.set(rule.unit, of);
      void reconcile(this.#context, of).then(() => this.#guard(() => this.#begin(of)));
    }
    const units = new Set(file.services.map(({ unit }) => unit));
    for (const of of before) if (!units.has(of.rule.unit)) this.#drop(of);
    say(6, `${file.app}: ${file.services.length} services are watched`);
    this.#situation.forget();
    this.#signals.watch(this.#watched.keys());
    void this.#tallies
      .follow([...this.#watched.values()])
      .then(() => this.#guard(() => this.#lookAt(before)));
  }

  #forget(app: string): void {
    this.#files.delete(app);
    for (const of of this.#ofApp(app)) this.#drop(of);
    this.#signals.watch(this.#watched.keys());
    void this.#tallies.follow([...this.#watched.values()]);
    this.#options.say(6, `${app} is not watched any more`);
  }

  #ofApp(app: string): Watched[] {
    return [...this.#watched.values()].filter((of) => of.app === app);
  }

  #drop(of: Watched): void {
    this.#watched.delete(of.rule.unit);
    for (const slot of of.slots) this.#timetable.delete(slot);
    this.#timetable.delete(of);
  }

  #begin(of: Watched): void {
    this.#situation.refresh(of);
    this.#decisions.goOn(of);
    this.#lookAt([of]);
  }

  #busChanged(state: "there" | "away", why: string): void {
    const { say } = this.#options;
    const there = state === "there";
    if (there !== this.#situation.busIsThere)
      say(there ? 6 : 3, there ? "systemd is heard" : `systemd cannot be heard: ${why}; heals wait`);
    this.#situation.busIsThere = there;
    this.#options.changed();
    this.#lookAt([...this.#watched.values()]);
  }

  #unitChanged(unit: UnitName, properties: Properties): void {
    const of = this.#watched.get(unit);
    if (!of) return;
    const { clock } = this.#options;
    const before = of.state.unit;
    const facts = unitFactsOf(properties, { now: clock.now(), steady: clock.steady() });
    // The same start, told twice, is a millisecond off.
    const same =
      before.invocation === facts.invocation &&
      Math.abs((before.activeSince ?? 0) - (facts.activeSince ?? 0)) < 1000;
    of.state = { ...of.state, unit: same ? { ...facts, activeSince: before.activeSince } : facts };
    if (facts.ended !== null) {
      of.lastEnd = facts.ended;
      void this.#nameCulprit(of, facts.invocation);
    }
    noteRestarts(this.#context, of, this.#options.boot, before.active === "unknown");
    const turned =
      before.active !== facts.active || before.sub !== facts.sub || before.invocation !== facts.invocation;
    const isDown = facts.active === "failed" || facts.active === "inactive";
    of.downSince = isDown ? (of.downSince ?? clock.steady()) : null;
    if (!turned) return;
    for (const slot of of.slots) this.#looks.soon(slot);
    this.#decisions.settle(of);
  }

  /** systemd's signal tells how it ended, and a look at the host what for. Until that is known the general words stand. */
  async #nameCulprit(of: Watched, invocation: string): Promise<void> {
    if (of.explaining) return;
    of.explaining = true;
    try {
      const { sentence } = await explainUnitFailure(this.#options.host, of.rule.unit);
      const { unit } = of.state;
      if (unit.ended === null || unit.invocation !== invocation) return;
      of.state = { ...of.state, unit: { ...unit, ended: sentence } };
      of.lastEnd = sentence;
    } catch {
      // systemd cannot be asked just now, which is told elsewhere.
    } finally {
      of.explaining = false;
    }
  }

  /** All of it, as when something outside has changed. */
  #lookAt(all: readonly Watched[]): void {
    for (const of of all) {
      if (!this.#isWatched(of)) continue;
      for (const slot of of.slots) this.#looks.schedule(slot);
      this.#decisions.settle(of);
    }
  }

  #isWatched(of: Watched): boolean {
    return this.#watched.get(of.rule.unit) === of;
  }

  #readOthers(): boolean {
    return this.#situation.readOthers([...this.#files.keys()], this.#watched.values());
  }

  #lookAtOthers(): void {
    this.#noticeJump();
    if (this.#readOthers()) for (const of of this.#watched.values()) this.#decisions.settle(of);
    if (this.#options.clock.now() - this.#flushedAt > flushUnsaved) this.flush();
  }

  #noticeJump(): void {
    const { clock, say } = this.#options;
    const jumped = clock.jump();
    if (jumped === 0) return;
    this.#situation.clockSetAt = clock.now();
    const seconds = Math.round(Math.abs(jumped) / 1000);
    say(
      4,
      `the clock was set ${jumped > 0 ? "forward" : "back"} by ${seconds} s, or the host slept; silence counts from now on`,
    );
    this.#tallies.shift(jumped);
    this.#signals.refresh([...this.#watched.keys()]);
    this.#lookAt([...this.#watched.values()]);
  }

  #wake(takeDue: () => Slot | Watched | null): void {
    this.#noticeJump();
    for (let next = takeDue(); next !== null; next = takeDue()) {
      if (next instanceof Watched) this.#decisions.settle(next);
      else this.#looks.begin(next);
    }
  }

  #guard(work: () => void): void {
    guarded(this.#options.say, work);
  }
}
