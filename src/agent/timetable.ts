import { DueQueue } from "./due-queue.ts";
import type { SteadyClock } from "./steady-clock.ts";

/** A longer sleep is made of several, so that a clock that was set is noticed. Milliseconds. */
export const longestSleep = 60_000;

/** What is due when, by the steady clock, and one timer for all of it: nothing is asked while nothing is due. */
export class Timetable<Key> {
  readonly #clock: SteadyClock;
  readonly #wake: (takeDue: () => Key | null) => void;
  readonly #queue = new DueQueue<Key>();
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  /** `wake` takes out what is due, one after the other, until there is null. */
  constructor(clock: SteadyClock, wake: (takeDue: () => Key | null) => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** In so many milliseconds from now; the last call for a key counts. */
  set(key: Key, wait: number): void {
    this.#queue.set(key, this.#clock.steady() + Math.max(0, wait));
    this.#arm();
  }

  delete(key: Key): void {
    this.#queue.delete(key);
  }

  close(): void {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  #arm(): void {
    const due = this.#queue.next();
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    if (due === null || this.#closed) return;
    const wait = Math.max(0, Math.min(due - this.#clock.steady(), longestSleep));
    this.#timer = setTimeout(() => this.#turn(), wait);
  }

  #turn(): void {
    this.#timer = null;
    const now = this.#clock.steady();
    this.#wake(() => this.#queue.take(now));
    this.#arm();
  }
}
