import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { dateBack } from "./date-back.ts";
import { makeTables } from "./open-store.ts";
import { WatchRecord } from "./watch.ts";

const now = 1_800_000_000_000;
const day = 86_400_000;

function record() {
  const database = new DatabaseSync(":memory:");
  makeTables(database);
  return { database, watch: new WatchRecord(database) };
}

function heal(watch: WatchRecord, app: string): number {
  const row = { app, service: "bot", unit: `${app}-bot.service`, at: now, who: "agent" } as const;
  return watch.heals.begin({
    ...row,
    act: "restart",
    cause: "http",
    check: "http",
    why: "it fails",
    counts: true,
    pidBefore: 1,
  });
}

const crash = (app: string) =>
  ({
    at: now,
    app,
    service: "bot",
    kind: "restarted-by-systemd",
    check: null,
    says: "",
    data: null,
  }) as const;

test("what is over counts no more, and only for the application that is meant", () => {
  const { database, watch } = record();
  for (const app of ["mine", "other"]) {
    watch.heals.end(heal(watch, app), now, "helped", "");
    watch.addEvent(crash(app));
  }
  expect(dateBack(database, "mine", 400 * day)).toEqual({ heals: 0, incidents: [], checks: 0 });
  expect(watch.heals.since("mine", "bot", now - day)).toEqual([]);
  expect(watch.crashesSince("mine", "bot", now - day, 9)).toEqual([]);
  expect(watch.heals.since("other", "bot", now - day)).toHaveLength(1);
  expect(watch.crashesSince("other", "bot", now - day, 9)).toHaveLength(1);
});

test("nothing is changed while a heal is under way", () => {
  const { database, watch } = record();
  heal(watch, "mine");
  watch.addEvent(crash("mine"));
  expect(dateBack(database, "mine", day)).toMatchObject({ heals: 1 });
  expect(watch.crashesSince("mine", "bot", now - 1, 9)).toEqual([now]);
});
