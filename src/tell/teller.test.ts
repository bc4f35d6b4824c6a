import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { WatchEvent } from "../heal/watch-event.ts";
import { makeTables, together } from "../store/open-store.ts";
import { Teller, wakeFile } from "./teller.ts";
import { start, tellFileWith } from "./test-telling.ts";

let root = "";
let database: DatabaseSync;
let said: string[] = [];

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "holdfast-teller-"));
  mkdirSync(join(root, "tell"));
  database = new DatabaseSync(":memory:");
  makeTables(database);
  database.exec("CREATE TABLE happened (what TEXT)");
  said = [];
});

afterEach(() => {
  database.close();
  rmSync(root, { recursive: true, force: true });
});

const teller = (): Teller =>
  new Teller(database, {
    scope: "system",
    say: (level, text) => said.push(`${level} ${text.replaceAll(root, "")}`),
    now: () => start,
    directory: join(root, "tell"),
    wakeDirectory: root,
  });

function declare(app: string, text = JSON.stringify({ ...tellFileWith(), app })): void {
  writeFileSync(join(root, "tell", `${app}.json`), `# ours\n${text}\n`);
}

function event(changes: Partial<WatchEvent> = {}): WatchEvent {
  return {
    at: start,
    app: "polybot",
    service: "bot",
    kind: "check-failing",
    check: "beat",
    says: "no beat for 31 s",
    data: null,
    ...changes,
  };
}

/** As whoever records does it: what happened and what it means, in one transaction. */
function record(by: Teller, what: WatchEvent): void {
  together(database, () => {
    database.prepare("INSERT INTO happened VALUES (?)").run(what.says);
    by.event(what);
  });
}

const count = (table: string): number =>
  Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()!["n"]);

test("what happens is an incident with its messages, and whoever sends is woken", () => {
  declare("polybot");
  record(teller(), event());
  expect([count("happened"), count("incidents"), count("outbox")]).toEqual([1, 1, 1]);
  expect(existsSync(wakeFile(root, "polybot"))).toBe(true);
  expect(said).toEqual([]);
});

test("without a tell file everything is on record, nobody is told, and nobody is woken", () => {
  record(teller(), event());
  expect([count("happened"), count("incidents"), count("outbox")]).toEqual([1, 1, 0]);
  expect(existsSync(wakeFile(root, "polybot"))).toBe(false);
});

test.each([
  ["that is no JSON", "{", /^1 \/tell\/polybot\.json cannot be used, and nobody is told: /],
  ["of a later version", '{ "version": 2 }', /it is of version 2, and this Holdfast knows 1$/],
])("a tell file %s is said, and what happened is on record all the same", (_, text, expected) => {
  declare("polybot", text);
  record(teller(), event());
  expect([count("happened"), count("incidents"), count("outbox")]).toEqual([1, 1, 0]);
  expect(said.join("\n")).toMatch(expected);
});

test("while a tell file cannot be read, people are told by the last one that could", () => {
  declare("polybot");
  const by = teller();
  record(by, event());
  declare("polybot", "{");
  record(by, event({ service: "api" }));
  expect(count("outbox")).toBe(2);
  expect(said).toHaveLength(1);
});

test("a fault in telling takes back its own part, is said, and keeps nothing from being recorded", () => {
  // It opens an incident, and fails at whom to tell.
  declare("polybot", JSON.stringify({ ...tellFileWith(), app: "polybot", contacts: null }));
  record(teller(), event());
  expect([count("happened"), count("alerts"), count("incidents"), count("outbox")]).toEqual([1, 0, 0, 0]);
  expect(said.join("\n")).toMatch(/^1 polybot: what happened could not be told: /);
});

test("a fault of one application keeps no other from being told", () => {
  declare("polybot", JSON.stringify({ ...tellFileWith(), app: "polybot", contacts: null }));
  declare("other");
  const by = teller();
  together(database, () => {
    by.event(event());
    by.event(event({ app: "other" }));
  });
  expect(database.prepare("SELECT app FROM incidents").all()).toEqual([{ app: "other" }]);
});

test("what is about the watching itself goes to every application that tells", () => {
  declare("polybot");
  declare("other");
  const about = { app: "", service: null, check: null, says: "it ended uncleanly" } as const;
  record(teller(), event({ ...about, kind: "agent-was-away" }));
  const rows = database.prepare("SELECT app, target FROM outbox ORDER BY app").all();
  expect(rows).toEqual([
    { app: "other", target: "team" },
    { app: "polybot", target: "team" },
  ]);
});

test("what has given up and what has run are told by their unit and job", () => {
  declare("polybot", JSON.stringify({ ...tellFileWith(), app: "polybot", criticalJobs: ["eod"] }));
  const by = teller();
  by.gaveUp({ app: "polybot", unit: "polybot-bot.service", says: "it crashes", at: start });
  by.gaveUp({ app: "polybot", unit: "polybot.service", says: "it crashes", at: start });
  by.run({ app: "polybot", job: "eod", result: "failed", reason: "exit 1", at: start });
  by.run({ app: "polybot", job: "report", result: "missed", reason: "the host was off", at: start });
  const open = () =>
    by.store.incidents.openAlertsOf("polybot").map(({ key, severity }) => `${key} ${severity}`);
  expect(open()).toEqual([
    "polybot/bot/gave-up critical",
    "polybot/polybot/gave-up critical",
    "polybot/eod/job critical",
    "polybot/report/missed error",
  ]);
  by.gaveUpNoMore({ app: "polybot", unit: "polybot-bot.service", says: "it runs", at: start });
  for (const job of ["eod", "report"])
    by.run({ app: "polybot", job, result: "succeeded", reason: "", at: start });
  expect(open()).toEqual(["polybot/polybot/gave-up critical"]);
});
