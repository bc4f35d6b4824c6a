import { expect, test } from "vitest";
import { mergeArriving, mergeInOrder } from "./merge.ts";

async function* of<T>(...values: T[]): AsyncGenerator<T> {
  yield* values;
}

/** Gives its values and then waits until it is ended, as a log that is followed does. */
function quietAfter<T>(...values: T[]): AsyncIterable<T> & { ended: boolean } {
  const left = [...values];
  let release: ((result: IteratorResult<T>) => void) | undefined;
  const source = {
    ended: false,
    [Symbol.asyncIterator]: (): AsyncIterator<T> => ({
      next: () =>
        left.length > 0
          ? Promise.resolve({ done: false, value: left.shift()! })
          : new Promise((resolve) => (release = resolve)),
      return: async () => {
        source.ended = true;
        release?.({ done: true, value: undefined });
        return { done: true, value: undefined };
      },
    }),
  };
  return source;
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}

const before = (a: number, b: number): boolean => a < b;

test("streams in order become one in order", async () => {
  expect(await all(mergeInOrder([of(1, 4, 9), of(2, 3), of<number>(), of(5)], before))).toEqual([
    1, 2, 3, 4, 5, 9,
  ]);
  expect(await all(mergeInOrder<number>([], before))).toEqual([]);
});

test("leaving early ends every source", async () => {
  const quiet = quietAfter(1, 2);
  for await (const value of mergeInOrder([quiet, of(5)], before)) if (value === 1) break;
  expect(quiet.ended).toBe(true);
});

test("what arrives is given at once, although another source is quiet", async () => {
  const quiet = quietAfter<number>();
  const stop = new AbortController();
  const seen: number[] = [];
  for await (const value of mergeArriving([quiet, quietAfter(1, 2, 3)], stop.signal)) {
    seen.push(value);
    if (seen.length === 3) stop.abort();
  }
  expect(seen).toEqual([1, 2, 3]);
  expect(quiet.ended).toBe(true);
});

test("the signal ends a reader that waits", async () => {
  const stop = new AbortController();
  const reading = all(mergeArriving([quietAfter<number>()], stop.signal));
  setImmediate(() => stop.abort());
  expect(await reading).toEqual([]);
  expect(await all(mergeArriving([quietAfter(1)], stop.signal))).toEqual([]);
});

test("the trouble of one source is told", async () => {
  const broken: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("no journal")) }),
  };
  const quiet = quietAfter<number>();
  await expect(all(mergeArriving([quiet, broken], new AbortController().signal))).rejects.toThrow(
    "no journal",
  );
  expect(quiet.ended).toBe(true);
});
