/** Moments and how many events there were, oldest first. */
export type Counted = readonly (readonly [time: number, count: number])[];

/** Of a window older than its newest events, so many parts are told apart. */
const parts = 64;

/**
 * Counts events in a sliding window, in bounded memory: the newest `exact` of them by their own times, older ones in
 * parts of a 64th of the window. So a limit of up to `exact` events is judged to the millisecond. Times in milliseconds,
 * in the order of the events.
 */
export class WindowCount {
  readonly window: number;
  readonly #exact: number;
  #times: number[] = [];
  #counts: number[] = [];

  constructor(window: number, exact: number, counted: Counted = []) {
    this.window = window;
    this.#exact = exact;
    for (const [time, count] of counted) this.add(time, count);
  }

  add(time: number, count = 1): void {
    // Back in time: the clock was set back, so what was counted before is no newer than this.
    if (time < (this.#times.at(-1) ?? -Infinity)) this.notAfter(time);
    this.#times.push(time);
    this.#counts.push(count);
    if (this.#times.length > parts + this.#exact + slack) this.#compact();
  }

  /** Nothing can have happened after `time`: events that claim it are taken to have happened then. */
  notAfter(time: number): void {
    for (let i = this.#times.length - 1; i >= 0 && this.#times[i]! > time; i--) this.#times[i] = time;
  }

  /** The clock was set: all moments move with it. */
  shift(millis: number): void {
    this.#times = this.#times.map((time) => time + millis);
  }

  /** Events after this moment. */
  countAfter(moment: number): number {
    let total = 0;
    for (let i = this.#times.length - 1; i >= 0 && this.#times[i]! > moment; i--) total += this.#counts[i]!;
    return total;
  }

  /** When the nth newest event happened; null when fewer are known. */
  nthNewest(nth: number): number | null {
    let total = 0;
    for (let i = this.#times.length - 1; i >= 0; i--) {
      total += this.#counts[i]!;
      if (total >= nth) return this.#times[i]!;
    }
    return null;
  }

  /** What a later instance goes on from. */
  counted(): Counted {
    this.#compact();
    return this.#times.map((time, i) => [time, this.#counts[i]!] as const);
  }

  #compact(): void {
    const oldest = (this.#times.at(-1) ?? 0) - this.window - grace;
    const border = this.#times.length - this.#exact;
    const width = (this.window + grace) / parts;
    const times: number[] = [];
    const counts: number[] = [];
    for (const [i, time] of this.#times.entries()) {
      const count = this.#counts[i]!;
      const last = times.length - 1;
      if (time <= oldest) continue;
      const joins = last >= 0 && i < border && Math.floor(times[last]! / width) === Math.floor(time / width);
      if (joins) {
        times[last] = time;
        counts[last]! += count;
      } else {
        times.push(time);
        counts.push(count);
      }
    }
    this.#times = times;
    this.#counts = counts;
  }
}

/** So many more may wait, so that not every event has the old ones put together. */
const slack = 48;
/** Kept beyond the window for readers that allow for lines which arrive late. */
const grace = 2000;
