/** Streams that are each in order become one that is in order. */
export async function* mergeInOrder<T>(
  sources: readonly AsyncIterable<T>[],
  before: (a: T, b: T) => boolean,
): AsyncGenerator<T, void, undefined> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  try {
    const heads = await Promise.all(iterators.map((iterator) => iterator.next()));
    for (;;) {
      let first = -1;
      for (const [index, head] of heads.entries()) {
        const best = heads[first];
        if (!head.done && (best === undefined || best.done || before(head.value, best.value))) first = index;
      }
      const chosen = heads[first];
      if (chosen === undefined || chosen.done) return;
      yield chosen.value;
      heads[first] = await iterators[first]!.next();
    }
  } finally {
    await endAll(iterators);
  }
}

/** What comes first is given first, until all have ended or the signal comes. */
export async function* mergeArriving<T>(
  sources: readonly AsyncIterable<T>[],
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  // Asked to end while they wait: a quiet log would otherwise keep us here.
  const end = (): void => void endAll(iterators);
  signal.addEventListener("abort", end, { once: true });
  const arrivals = new Arrivals<T>(iterators.length);
  try {
    if (signal.aborted) return;
    for (const iterator of iterators) void arrivals.take(iterator);
    for (let value = await arrivals.next(); value !== null; value = await arrivals.next()) yield value.value;
  } finally {
    signal.removeEventListener("abort", end);
    arrivals.close();
    await endAll(iterators);
  }
}

/** A meeting point of several producers and one consumer; each producer waits until its value is taken. */
class Arrivals<T> {
  readonly #waiting: { value: T; taken: () => void }[] = [];
  #open: number;
  #trouble: { error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(producers: number) {
    this.#open = producers;
  }

  async take(iterator: AsyncIterator<T>): Promise<void> {
    try {
      for (let step = await iterator.next(); !step.done; step = await iterator.next()) {
        const { value } = step;
        await new Promise<void>((taken) => {
          this.#waiting.push({ value, taken });
          this.#wake?.();
        });
      }
    } catch (error) {
      this.#trouble ??= { error };
    }
    this.#open -= 1;
    this.#wake?.();
  }

  async next(): Promise<{ value: T } | null> {
    for (;;) {
      const first = this.#waiting.shift();
      if (first) {
        first.taken();
        return first;
      }
      if (this.#trouble) throw this.#trouble.error;
      if (this.#open === 0) return null;
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  close(): void {
    for (const { taken } of this.#waiting.splice(0)) taken();
  }
}

async function endAll(iterators: readonly AsyncIterator<unknown>[]): Promise<void> {
  await Promise.all(iterators.map(async (iterator) => iterator.return?.()));
}
