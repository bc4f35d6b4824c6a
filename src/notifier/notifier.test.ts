import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { raise } from "../tell/raise.ts";
import { beatFails, start, step, tellFileWith, testTelling } from "../tell/test-telling.ts";
import { Notifier } from "./notifier.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "holdfast-notifier-"));
  vi.useFakeTimers({ now: start, toFake: ["setTimeout", "clearTimeout", "Date"] });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
});

/** A notifier whose clock is that of the test. */
function notifierOf(telling: ReturnType<typeof testTelling>, sent: string[], after: () => Promise<void>) {
  const wakeFile = join(directory, "polybot");
  writeFileSync(wakeFile, "");
  const notifier = new Notifier({
    telling: () => ({ ...telling, now: Date.now() }),
    together: (work) => work(),
    open: async ({ name }) => ({
      send: async ({ title }) => {
        sent.push(`${name}: ${title}`);
        return { result: "sent", providerId: null };
      },
    }),
    voice: async () => ({ host: "vps1", mask: (text) => text }),
    say: () => {},
    chance: () => 0.5,
    wakeFile,
    look: () => {},
    nextLook: () => null,
    after,
    isOutdated: () => false,
    signal: new AbortController().signal,
  });
  return { notifier, wakeFile };
}

test("it sends what is there, does once what follows, and goes; the wake file goes with it", async () => {
  const policy = { repeat: null, remind: null };
  const telling = testTelling(tellFileWith([step("team")], policy));
  raise(telling, beatFails(telling.now));
  const sent: string[] = [];
  let followed = 0;
  const { notifier, wakeFile } = notifierOf(telling, sent, async () => void (followed += 1));
  let gone = false;
  const run = notifier.run().then(() => (gone = true));
  await vi.advanceTimersByTimeAsync(10_000);
  expect(gone).toBe(false);
  await vi.advanceTimersByTimeAsync(35_000);
  expect(gone).toBe(true);
  await run;
  expect(sent).toEqual(["team: beat of bot has failed"]);
  expect(followed).toBe(1);
  expect(existsSync(wakeFile)).toBe(false);
});
