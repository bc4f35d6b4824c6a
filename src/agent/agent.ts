import { explainUnitFailure } from "../explain-failure/read-failure.ts";
import { decide } from "../heal/decide.ts";
import { nextDecisionAt } from "../heal/due.ts";
import type { Host, Properties, Scope } from "../host/host.ts";
import { unitFactProperties, unitFactsOf } from "../observe/probes/read-unit-facts.ts";
import { UnitSignals } from "../host/unit-signals.ts";
import type { BusAddress } from "../host/dbus.ts";
import type { WatchFile } from "../compile/watch-rule.ts";
import type { Reading } from "../heal/reading.ts";
import type { UnitName } from "../value/unit-name.ts";
import { act, carryOut, prove, reconcile, type ActContext } from "./acts.ts";
import type { Carry } from "./carrier.ts";
import { nothingSaid, readSaid, type Said } from "./circumstances.ts";
import { Lanes } from "./lanes.ts";
import type { Memory } from "./memory.ts";
import { isBusy, noteRestarts, saveStates, setCircumstances, take } from "./round.ts";
import { readCheck, type ReadContext } from "./read-check.ts";
import { Rules } from "./rules.ts";
import type { Say } from "./say.ts";
import type { SteadyClock } from "./steady-clock.ts";
import { Tallies } from "./tallies.ts";
import { longestSleep, Timetable } from "./timetable.ts";
import { guarded, tellUnexpected } from "./unexpected.ts";
import { Watched, type Slot } from "./watched.ts";
import { untilNextLook } from "./when-to-look.ts";

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
  readonly #reading: ReadContext;
  readonly #lanes = new Lanes();
  readonly #watched = new Map<UnitName, Watched>();
  readonly #files = new Map<string, WatchFile>();
  readonly #signals: UnitSignals;
  readonly #tallies: Tallies;
  readonly #closed = new AbortController();
  #rules: Rules | null = null;
  #said: Said = nothingSaid;
  #version = -1;
  #busIsThere = false;
  #clockSetAt: number | null = null;
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
    this.#reading = { host, clock, tallies: this.#tallies, say, signal: this.#closed.signal };
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
    if (!this.#busIsThere) return "systemd cannot be asked";
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
      if (known) known.follow(rule);
      else {
        const fresh = new Watched(file, rule);
        memory.read(undefined, ({ watch }) => fresh.load(watch, now));
        this.#watched.set(rule.unit, fresh);
        void reconcile(this.#context, fresh).then(() => this.#guard(() => this.#begin(fresh)));
      }
      memory.write("lightly", (record) =>
        record.forgetChecks(
          file.app,
          rule.service,
          rule.checks.map(({ id }) => id),
        ),
      );
    }
    const units = new Set(file.services.map(({ unit }) => unit));
    for (const of of before) if (!units.has(of.rule.unit)) this.#drop(of);
    say(6, `${file.app}: ${file.services.length} services are watched`);
    this.#version = -1;
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

  /** A heal that was under way when whoever watched was killed goes on. */
  #begin(of: Watched): void {
    this.#refresh(of);
    if (of.heal !== null && of.heal.step !== "prove") {
      const { id } = of.heal;
      this.#carrying(of, () => carryOut(this.#context, of, id));
    }
    this.#lookAt([of]);
  }

  #busChanged(state: "there" | "away", why: string): void {
    const { say } = this.#options;
    const there = state === "there";
    if (there !== this.#busIsThere)
      say(there ? 6 : 3, there ? "systemd is heard" : `systemd cannot be heard: ${why}; heals wait`);
    this.#busIsThere = there;
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
    for (const slot of of.slots) this.#lookSoon(slot);
    this.#settle(of);
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

  /** systemd says "failed" for a moment before it says that it will restart: only what lasts is told from that. */
  #isPassing({ downSince }: Watched): boolean {
    return downSince !== null && this.#options.clock.steady() - downSince < passing;
  }

  #isBusy(of: Watched): boolean {
    return isBusy(of, this.#said);
  }

  #lookSoon(slot: Slot): void {
    this.#timetable.set(slot, this.#isPassing(slot.of) ? passing : 0);
  }

  /** All of it, as when something outside has changed. */
  #lookAt(all: readonly Watched[]): void {
    for (const of of all) {
      if (this.#watched.get(of.rule.unit) !== of) continue;
      for (const slot of of.slots) this.#schedule(slot);
      this.#settle(of);
    }
  }

  async #look(slot: Slot): Promise<void> {
    const { of, check } = slot;
    if (of.looking.has(check.id) || of.slot(check.id) !== slot || of.state.unit.active === "unknown") return;
    of.looking.add(check.id);
    let changed = true;
    try {
      const reading = await readCheck(this.#reading, of, check);
      if (of.slot(check.id) === slot) changed = this.#take(slot, reading);
    } finally {
      of.looking.delete(check.id);
      if (of.slot(check.id) === slot && this.#watched.get(of.rule.unit) === of) {
        this.#schedule(slot);
        // Most looks find what the one before has found; what only time changes has its own place in the queue.
        if (changed || of.heal !== null || of.state.breaker.state !== "closed") this.#settle(of);
      }
    }
  }

  #take({ of, check }: Slot, reading: Reading): boolean {
    if (check.look.kind === "unit" && this.#isBusy(of)) return false;
    this.#circumstances(of);
    return take(this.#context, of, check, reading);
  }

  #schedule(slot: Slot): void {
    const { of, check } = slot;
    if (of.looking.has(check.id)) return;
    this.#timetable.set(slot, untilNextLook(of, check, this.#options.clock.now()));
  }

  #circumstances(of: Watched): void {
    const paused = this.#busIsThere ? null : "systemd cannot be asked";
    setCircumstances(of, this.#said, {
      paused,
      clockSetAt: this.#clockSetAt,
      now: this.#options.clock.now(),
    });
  }

  /** Decides about a service, does what is decided, and says when to decide again. */
  #settle(of: Watched): void {
    if (of.acting || of.state.unit.active === "unknown" || this.#watched.get(of.rule.unit) !== of) return;
    const { clock } = this.#options;
    const wait = this.#isPassing(of) ? passing : of.waitUntil - clock.steady();
    if (wait > 0) return this.#timetable.set(of, wait);
    this.#readOthers();
    this.#circumstances(of);
    let proofDue: number | null = null;
    if (of.heal?.step === "prove") {
      proofDue = prove(this.#context, of, of.heal);
      if (proofDue === null) this.#refresh(of);
    }
    const now = clock.now();
    const decision = decide(of.rule, of.state, now);
    if (decision.kind === "look-again") this.#lookAgain(of, decision.checks);
    else if (decision.kind !== "nothing") this.#carrying(of, () => act(this.#context, of, decision));
    const due = nextDecisionAt(of.rule, of.state, now);
    const next = Math.min(due ?? Infinity, proofDue ?? Infinity);
    if (next === Infinity) this.#timetable.delete(of);
    else this.#timetable.set(of, Math.min(next - now, longestSleep * 60));
  }

  #lookAgain(of: Watched, checks: readonly string[]): void {
    for (const slot of of.slots)
      if (checks.includes(slot.check.id) && !of.looking.has(slot.check.id)) {
        this.#timetable.delete(slot);
        this.#run(slot);
      }
  }

  #carrying(of: Watched, work: () => Promise<void>): void {
    of.acting = true;
    this.#refresh(of);
    void work()
      .then(
        () => this.#cameTo(of, this.#isOfNoUse(of)),
        (error: unknown) => {
          this.#unexpected(error, of.name);
          this.#cameTo(of, true);
        },
      )
      .finally(() => {
        of.acting = false;
        this.#guard(() => {
          this.#refresh(of);
          // Not everything that was done to it is told by a signal.
          this.#signals.refresh([of.rule.unit]);
          this.#lookAt([of]);
        });
      });
  }

  /** Left undone, because somebody else was at it or because it could not be done at all. */
  #isOfNoUse(of: Watched): boolean {
    const since = this.#options.clock.now() - longestSleep;
    const rows = this.#options.memory.read([], ({ watch }) =>
      watch.healsSince(of.app, of.rule.service, since),
    );
    return rows.at(-1)?.outcome === "superseded";
  }

  /** The same decision comes again at once: it must not be acted on again and again. */
  #cameTo(of: Watched, nothing: boolean): void {
    of.inVain = nothing ? of.inVain + 1 : 0;
    of.waitUntil = nothing ? this.#options.clock.steady() + Math.min(1000 * 2 ** of.inVain, longestSleep) : 0;
  }

  #refresh(of: Watched): void {
    const { memory, clock } = this.#options;
    memory.read(undefined, ({ watch }) => of.refresh(watch, clock.now()));
  }

  /** What others have written since we last looked: intents, changes, heals by hand, resets. */
  #readOthers(): boolean {
    const { memory, clock } = this.#options;
    const version = memory.read(this.#version, ({ watch }) => watch.version());
    if (version === this.#version) return false;
    this.#version = version;
    this.#said = memory.read(this.#said, (all) =>
      readSaid(all, [...this.#files.keys()], this.#options.clock.now()),
    );
    for (const of of this.#watched.values())
      memory.read(undefined, ({ watch }) => of.refresh(watch, clock.now()));
    return true;
  }

  #lookAtOthers(): void {
    this.#noticeJump();
    if (this.#readOthers()) for (const of of this.#watched.values()) this.#settle(of);
    if (this.#options.clock.now() - this.#flushedAt > flushUnsaved) this.flush();
  }

  #noticeJump(): void {
    const { clock, say } = this.#options;
    const jumped = clock.jump();
    if (jumped === 0) return;
    this.#clockSetAt = clock.now();
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
      if (next instanceof Watched) this.#settle(next);
      else this.#run(next);
    }
  }

  #run(slot: Slot): void {
    this.#lanes.run(slot.check.look.kind, () =>
      this.#look(slot).catch((error: unknown) => this.#unexpected(error, slot.of.name)),
    );
  }

  #guard(work: () => void): void {
    guarded(this.#options.say, work);
  }

  #unexpected(error: unknown, where: string | null): void {
    tellUnexpected(this.#options.say, error, where);
  }
}

const passing = 300;
