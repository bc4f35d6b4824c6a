import { unlinkSync, watch, type FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";
import type { Channel } from "../tell/channel.ts";
import { deliverTo, type Delivering } from "../tell/deliver.ts";
import type { Voice } from "../tell/make-message.ts";
import { nextRoutine, runRoutines } from "../tell/routine.ts";
import type { ChannelRule, TargetRule } from "../compile/tell-rule.ts";
import type { Telling } from "../tell/telling.ts";
import { nextTick, tick } from "../tell/tick.ts";
import { Listeners } from "./listeners.ts";

export type NotifierOptions = {
  telling: () => Telling;
  together: <T>(work: () => T) => T;
  open: (channel: ChannelRule, target: TargetRule | null) => Promise<Channel>;
  voice: () => Promise<Voice>;
  say: (level: number, text: string) => void;
  chance: () => number;
  wakeFile: string;
  /** Does something else look at the record now, besides what is due? Its next moment, or null. */
  look: (telling: Telling) => void;
  nextLook: (telling: Telling) => number | null;
  /** After the messages of a round: what takes time and may wait, such as evidence. */
  after: () => Promise<void>;
  /** What it was started with is no longer so: it ends, and systemd starts the next one with what is. */
  isOutdated: () => boolean;
  signal: AbortSignal;
};

/** What is due later waits for the timer that starts the next notifier. */
const horizon = 3_600_000;
/** Stays for what comes right after. */
const linger = 15_000;
/** The file tells at once; this is the second line. */
const lookEvery = 15_000;
/** What follows messages is done again for one that stays. */
const afterEvery = 60_000;

/**
 * Sends what is due, and goes when nothing is for an hour. Between a look and its end nothing can be lost: whoever has
 * something to tell makes the wake file in the transaction that records it, and it is removed here in a transaction in which
 * there was nothing.
 */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #delivering: Delivering;
  readonly #passes = new Map<string, Promise<void>>();
  /** Until when a target has nothing to be sent, or may not be tried. */
  readonly #waiting = new Map<string, number | null>();
  readonly #listeners: Listeners;
  #wake = (): void => {};
  #watcher: FSWatcher | null = null;
  #after: Promise<void> | null = null;
  #afterAt = 0;
  #busyAt = 0;

  constructor(options: NotifierOptions) {
    this.#options = options;
    const { telling, together, open, voice, say, chance, signal } = options;
    this.#delivering = { telling, together, open, voice, say, chance, signal };
    this.#listeners = new Listeners({
      telling,
      together,
      open: (channel) => open(channel, null),
      say,
      signal,
    });
  }

  /** Until there is nothing to do, or the signal aborts. */
  async run(): Promise<void> {
    const { signal, telling, isOutdated, say } = this.#options;
    const begun = telling();
    this.#busyAt = begun.now;
    // There is one notifier of an application: what is claimed was claimed by one that was cut short.
    begun.store.outbox.releaseLeases(begun.file.app, begun.now);
    this.#follow();
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    try {
      while (!signal.aborted) {
        if (isOutdated()) {
          say(6, "who is told has changed: the next notifier begins with it");
          telling().wake();
          return;
        }
        const woken = new Promise<void>((resolve) => (this.#wake = resolve));
        const next = this.#round();
        if (next === "done") return;
        const timer = setTimeout(() => this.#wakeUp(), Math.max(0, next - telling().now));
        await woken;
        clearTimeout(timer);
      }
    } finally {
      this.#watcher?.close();
      await Promise.allSettled([...this.#passes.values(), this.#after, this.#listeners.close()]);
    }
  }

  /** Does what is due, begins what is to be sent, and says when to look again. */
  #round(): number | "done" {
    const { telling, together, look } = this.#options;
    const now = telling();
    together(() => {
      look(now);
      tick(now);
      runRoutines(now);
    });
    for (const target of now.store.outbox.pendingTargets(now.file.app))
      if ((this.#waiting.get(target) ?? 0) <= now.now) this.#send(target);
    this.#listeners.follow();
    if (this.#passes.size > 0) this.#busyAt = now.now;
    else this.#doAfter(now.now);
    const idle = this.#passes.size === 0 && this.#after === null && this.#listeners.count === 0;
    if (idle && now.now - this.#busyAt >= linger && this.#mayGo()) return "done";
    // What is being sent wakes us when it is sent.
    const targets = [...this.#waiting.values()].filter((at) => at !== null && at > now.now);
    return Math.min(this.#nextDue(now), ...targets.map(Number), now.now + lookEvery);
  }

  /** Besides what is to be sent. */
  #nextDue(telling: Telling): number {
    const moments = [nextTick(telling), nextRoutine(telling), this.#options.nextLook(telling)];
    return Math.min(...moments.filter((at) => at !== null), Infinity);
  }

  #mayGo(): boolean {
    const { telling, together, wakeFile } = this.#options;
    return together(() => {
      const now = telling();
      const toSend = now.store.outbox.nextDue(now.file.app) ?? Infinity;
      if (Math.min(this.#nextDue(now), toSend) <= now.now + horizon) return false;
      try {
        unlinkSync(wakeFile);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      }
      return true;
    });
  }

  #send(target: string): void {
    if (this.#passes.has(target)) return;
    const { say } = this.#options;
    const pass = deliverTo(this.#delivering, target)
      .then(
        (until) => void this.#waiting.set(target, until),
        (error: unknown) => {
          say(1, `${target}: messages cannot be sent: ${(error as Error).message}`);
          this.#waiting.set(target, this.#options.telling().now + lookEvery);
        },
      )
      .then(() => {
        this.#passes.delete(target);
        this.#busyAt = this.#options.telling().now;
        this.#wake();
      });
    this.#passes.set(target, pass);
  }

  /** Once after each burst of messages, and not at each look: else there would always be something to wait for. */
  #doAfter(now: number): void {
    const { after, say } = this.#options;
    const isDone = this.#afterAt >= this.#busyAt && now - this.#afterAt < afterEvery;
    if (this.#after !== null || isDone) return;
    this.#afterAt = now;
    this.#after = after()
      .catch((error: unknown) => say(4, `evidence could not be kept: ${(error as Error).message}`))
      .then(() => {
        this.#after = null;
      });
  }

  /** Something may have changed for any target; the end of a pass alone changes nothing for another one. */
  #wakeUp(): void {
    this.#waiting.clear();
    this.#wake();
  }

  #follow(): void {
    const { wakeFile } = this.#options;
    try {
      const watcher = watch(dirname(wakeFile), (_, name) => {
        if (name === null || name === basename(wakeFile)) this.#wakeUp();
      });
      watcher.on("error", () => watcher.close());
      this.#watcher = watcher;
    } catch {
      // No more watches to be had: it looks by itself every few seconds.
    }
  }
}
