import type { CheckRule, WatchRule } from "../compile/watch-rule.ts";
import { assess } from "./assess.ts";
import { breakerAfter } from "./breaker.ts";
import { decide } from "./decide.ts";
import type { Decision } from "./decision.ts";
import { nextDecisionAt, nextLookAt } from "./due.ts";
import { proofOf } from "./proof.ts";
import type { Reading } from "./reading.ts";
import type { ServiceState } from "./service-state.ts";
import { takeCrashes, takeReading } from "./step.ts";
import { down, noon, running, said, second, serviceState, throughJson } from "./test-rules.ts";

/** What happens to the bot in its life, at a time after noon. */
export type Fate = {
  at: number;
  what:
    | "thaw"
    | "freeze"
    | "crash"
    | "broker-down"
    | "broker-up"
    | "cut-off"
    | "jump"
    | "stop"
    | "reset"
    | "apply"
    | "applied";
  /** By how much the clock jumps. */
  by?: number;
};

type Options = {
  fates: readonly Fate[];
  /** How long it is followed. */
  lasts: number;
  /** A restart does not help: it freezes again at once. */
  hopeless?: boolean;
  /** It dies so long after each start. */
  diesAfter?: number;
  /** Whoever watches is killed after each step and goes on from what was written. */
  killed?: boolean;
};

/** What was done, by real time since noon. */
export type Done = { at: number; what: string };

/**
 * A bot that writes a line and beats every ten seconds, its systemd and its watcher, in made-up time: looks are taken when
 * nextLookAt says, decisions carried out as they are meant to be. Real time goes on evenly, the wall clock may jump.
 */
export class Life {
  readonly done: Done[] = [];
  readonly said: string[] = [];
  state: ServiceState;
  private real = 0;
  private offset = noon;
  private frozen: number | null = null;
  private started = -86_400_000;
  private broker: "ok" | "fail" | "unknown" = "ok";
  private readyAt: number | null = null;
  private pending: { at: number; act: () => void }[] = [];
  private readonly rule: WatchRule;
  private readonly options: Options;

  constructor(rule: WatchRule, options: Options) {
    this.rule = rule;
    this.options = options;
    this.state = serviceState(this.offset + this.started);
    for (const fate of options.fates) this.pending.push({ at: fate.at, act: () => this.meet(fate) });
    if (options.diesAfter !== undefined) this.after(options.diesAfter, () => this.crash());
  }

  get now(): number {
    return this.offset + this.real;
  }

  /** Everything that was done with this in its name. */
  times(what: string): number[] {
    return this.done.filter((one) => one.what.startsWith(what)).map(({ at }) => at);
  }

  health(): string {
    return assess(this.rule, this.state, this.now).overall;
  }

  live(): this {
    for (let steps = 0; this.real < this.options.lasts; steps++) {
      if (steps > 200_000) throw new Error(`it does not get on: ${JSON.stringify(this.done.slice(-5))}`);
      this.look();
      this.prove();
      this.decide();
      if (this.options.killed) this.state = throughJson(this.state);
      this.wait();
    }
    return this;
  }

  private wait(): void {
    const looks = this.rule.checks.map((check) => nextLookAt(this.rule, check, this.state, this.now));
    const decision = nextDecisionAt(this.rule, this.state, this.now);
    const proof = this.readyAt === null ? null : this.proof().until;
    const wall = Math.min(...looks, decision ?? Infinity, proof ?? Infinity) - this.offset;
    const next = Math.min(...this.pending.map(({ at }) => at), Math.max(wall, this.real + 1));
    this.real = Math.min(next, this.options.lasts);
    const due = this.pending.filter(({ at }) => at <= this.real);
    this.pending = this.pending.filter(({ at }) => at > this.real);
    for (const { act } of due.toSorted((a, b) => a.at - b.at)) act();
  }

  private after(millis: number, act: () => void): void {
    this.pending.push({ at: this.real + millis, act });
  }

  private note(what: string): void {
    this.done.push({ at: this.real, what });
  }

  private look(only: (check: CheckRule) => boolean = () => true): void {
    for (const check of this.rule.checks) {
      if (!only(check) || nextLookAt(this.rule, check, this.state, this.now) > this.now) continue;
      this.take(check);
    }
  }

  private take(check: CheckRule): void {
    const step = takeReading(this.rule, this.state, check.id, this.read(check), this.now);
    this.state = step.state;
    for (const event of step.events) {
      this.said.push(event.says);
      this.note(`${event.kind} ${event.check}`);
    }
  }

  private read(check: CheckRule): Reading {
    const { look } = check;
    if (check.dependency !== null) return said(this.broker);
    if (look.kind === "unit") return said(this.state.unit.active === "active" ? "ok" : "fail");
    const limit = look.kind === "beat" ? look.within : look.kind === "log" ? look.fresh! : 0;
    // As the probes do: from the start, and by the wall clock of when the line was written.
    const newest = this.newest();
    const begin = Math.max(newest, this.state.unit.activeSince ?? -Infinity);
    const age = this.now - begin;
    const rest = { value: Math.round(age / 100) / 10, limit: limit / 1000 };
    return age >= limit ? said("fail", rest) : said("ok", { ...rest, dueAt: begin + limit });
  }

  private lines = { every: 10 * second, jumps: [] as { at: number; offset: number }[] };

  /** The stamp of its latest line. */
  private newest(): number {
    const until = this.frozen ?? this.real;
    const count = Math.floor((until - this.started) / this.lines.every);
    const at = this.started + count * this.lines.every;
    const before = this.lines.jumps.findLast((jump) => jump.at <= at);
    return at + (before?.offset ?? noon);
  }

  private decide(): void {
    const decision = decide(this.rule, this.state, this.now);
    if (decision.kind === "nothing") return;
    this.note(decision.kind === "heal" ? `heal ${decision.cause}` : decision.kind);
    this.state = { ...this.state, breaker: breakerAfter(this.state.breaker, decision, this.now) };
    this.carryOut(decision);
  }

  private carryOut(decision: Decision): void {
    if (decision.kind === "look-again") {
      for (const check of this.rule.checks) if (decision.checks.includes(check.id)) this.take(check);
      return this.decide();
    }
    if (decision.kind === "heal") {
      const heal = { at: this.now, cause: decision.cause, outcome: "open" as const, counts: true };
      this.state = { ...this.state, heals: [...this.state.heals, heal].slice(-20) };
      this.goDown("deactivating");
      this.after(3 * second, () => {
        this.start();
        this.readyAt = this.now;
      });
    }
    if (decision.kind === "open-breaker") this.goDown("inactive");
    if (decision.kind === "try-again") this.start();
    if (decision.kind === "forget-crashes")
      this.state = { ...this.state, unit: { ...this.state.unit, restarts: 0 } };
  }

  private proof() {
    return proofOf(
      this.rule,
      { at: this.state.heals.at(-1)!.at, readyAt: this.readyAt! },
      this.state,
      this.now,
    );
  }

  private prove(): void {
    if (this.readyAt === null) return;
    const { outcome } = this.proof();
    if (outcome === "not-yet") return;
    this.note(outcome);
    this.readyAt = null;
    this.state = {
      ...this.state,
      heals: [...this.state.heals.slice(0, -1), { ...this.state.heals.at(-1)!, outcome }],
    };
  }

  private goDown(active: "deactivating" | "inactive" | "activating"): void {
    this.state = { ...this.state, unit: down(active, { restarts: this.state.unit.restarts }) };
  }

  private start(): void {
    this.started = this.real;
    this.frozen = this.options.hopeless ? this.real : null;
    this.state = { ...this.state, unit: running(this.now, { restarts: this.state.unit.restarts }) };
    const { diesAfter } = this.options;
    if (diesAfter !== undefined) this.after(diesAfter, () => this.crash());
  }

  private crash(): void {
    if (this.state.unit.active !== "active") return;
    const restarts = this.state.unit.restarts + 1;
    this.goDown("activating");
    this.state = takeCrashes(this.rule, this.state, [this.now], this.now);
    this.state = { ...this.state, unit: { ...this.state.unit, sub: "auto-restart", restarts } };
    this.note("crash");
    this.after(84, () => {
      if (this.state.unit.active === "activating") this.start();
    });
  }

  private meet({ what, by }: Fate): void {
    this.note(`[${what}]`);
    const say = (circumstances: Partial<ServiceState["circumstances"]>): void => {
      this.state = { ...this.state, circumstances: { ...this.state.circumstances, ...circumstances } };
    };
    switch (what) {
      case "freeze":
        if (this.state.unit.active === "active") this.frozen ??= this.real;
        return;
      case "thaw":
        this.frozen = null;
        return;
      case "crash":
        return this.crash();
      case "broker-down":
        this.broker = "fail";
        return;
      case "cut-off":
        this.broker = "unknown";
        return;
      case "broker-up":
        this.broker = "ok";
        return;
      case "jump":
        this.offset += by!;
        this.lines.jumps.push({ at: this.real, offset: this.offset });
        return say({ clockSetAt: this.now });
      case "stop":
        say({ stoppedBy: "ana" });
        return this.goDown("inactive");
      case "apply":
        return say({ changing: true });
      case "applied":
        return say({ changing: false });
      case "reset":
        this.state = {
          ...this.state,
          breaker: breakerAfter(this.state.breaker, { kind: "close-breaker", why: "" }, this.now),
        };
        return this.start();
    }
  }
}
