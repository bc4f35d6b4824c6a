import { describe, expect, test } from "vitest";
import { exampleInPlace } from "./example-in-place.ts";
import { findKeys, groupKeys, nearestKey, pathText } from "./find-keys.ts";
import { listKeys } from "./key-list.ts";
import { parseSpec } from "./parse-spec.ts";
import { keysAt, schemaAt } from "./schema-walk.ts";
import { specSchema } from "./schema.ts";

const all = listKeys();
const found = (query: string) => groupKeys(findKeys(query, all)).map(([entry]) => pathText(entry!.path));

describe("every key", () => {
  test.each(all.map((entry) => [pathText(entry.path), entry] as const))(
    "%s is documented, and its example can stand there",
    (_, entry) => {
      expect(entry.doc?.meaning).toMatch(/\.$/);
      expect(entry.doc?.example).toBeTruthy();
      if (!entry.required && entry.path.at(-1) !== "NAME") expect(entry.doc?.default).toBeTruthy();
      expect(parseSpec(around(exampleInPlace(entry, all)), "example.yaml").diagnostics).toEqual([]);
    },
  );
});

const base = `app: demo
user: demo
directory: /opt/demo
windows:
  market-hours: { days: Mon..Fri }
  nights: { hours: 22:00..07:00 }
  office: { days: Mon..Fri, hours: 09:00..17:00 }
notify:
  channels:
    room: { telegram: { token: /etc/polybot/telegram-token, chat: "-100123" } }
    mail: { email: { server: smtps://mail.example.org, from: bot@example.org, to: [ops@example.org] } }
    pager: { pagerduty: { key: /etc/polybot/pagerduty-key } }
  contacts:
    admin: { via: [room] }
upstreams:
  broker: { url: "https://api.broker.example" }
  feed: { url: "feed.example:7001" }
services:
  bot:
    run: bin/bot
    limits: { memory: 8G }
    env: { set: { RPC_URL: "https://rpc.example.org", POLYGON_RPC_URL: "https://rpc.example.org" } }
  market: { run: bin/market }
jobs:
  report: { run: bin/report }
  preflight: { run: bin/preflight }
`;

/** A spec with these lines laid over the rest of what a spec needs; what no environment may change stands at the top. */
function around(lines: readonly string[]): string {
  const [first] = lines[0]!.split(":");
  if (first === "app") return base.replace(/^app: .*/, lines.join("\n"));
  if (["holdfast", "environments"].includes(first!)) return base + lines.join("\n");
  return `${base}environments:\n  example:\n${lines.map((line) => `    ${line}\n`).join("")}`;
}

test("the walk reaches every depth, and a test like the one above would miss nothing", () => {
  const paths = all.map(({ path }) => pathText(path));
  for (const path of [
    "app",
    "logs.keep-free",
    "services.NAME",
    "services.NAME.writes[].mode",
    "services.NAME.hardening.at-most",
    "environments.NAME",
  ])
    expect(paths).toContain(path);
  expect(new Set(paths).size).toBe(paths.length);
});

describe("a key is found", () => {
  test.each<[string, string[]]>([
    ["app", ["app"]],
    ["jobs.report.limits.memory", ["jobs.NAME.limits.memory"]],
    ["services.bot.restart.limit", ["services.NAME.restart.limit"]],
    ["restart.limit", ["services.NAME.restart.limit"]],
    ["bot.restart.limit", ["services.NAME.restart.limit"]],
    ["limits.memory", ["services.NAME.limits.memory"]],
    ["memory", ["services.NAME.limits.memory", "services.NAME.health[].memory"]],
    [
      "command",
      ["notify.channels.NAME.command", "services.NAME.ready.command", "services.NAME.reload.command"],
    ],
    ["description", ["description"]],
    ["services.bot", ["services.NAME"]],
    ["services.bot.writes[0].mode", ["services.NAME.writes[].mode"]],
    ["services.bot.ports[0]", []],
    ["services.bot.health.http", ["services.NAME.health[].http"]],
    ["health.url", ["services.NAME.health[].http.url", "services.NAME.health[].rpc.url"]],
    ["health.http.url", ["services.NAME.health[].http.url"]],
    ["services.bot.health[0].http", ["services.NAME.health[].http"]],
    ["environments.staging.services.bot.limits.memory", ["services.NAME.limits.memory"]],
    ["environments.staging", ["environments.NAME"]],
    ["services.bot.env.set.MODE", ["services.NAME.env.set"]],
    ["secrets.WALLET_KEY", ["services.NAME.secrets"]],
    ["MemoryMax=", ["services.NAME.limits.memory"]],
    ["StartLimitBurst", ["services.NAME.restart.limit"]],
    ["bot", []],
    ["", []],
    ["constructor", []],
  ])("%s", (query, expected) => expect(found(query)).toEqual(expected));

  test("or the nearest one is offered", () => {
    expect(nearestKey("limits.memroy", all)).toBe("limits.memory");
    expect(nearestKey("memori", all)).toBe("memory");
    expect(nearestKey("xyzzy", all)).toBeUndefined();
  });
});

test("a path leads to the schema of a key through names, lists and words that may be blocks", () => {
  expect(schemaAt(specSchema, ["services", "any", "writes", 3, "mode"])?.doc?.meaning).toBe(
    "Its permissions.",
  );
  expect(keysAt(specSchema, ["services", "bot", "hardening"])).toEqual([
    "level",
    "allow",
    "profile",
    "apparmor",
    "at-most",
  ]);
  expect(keysAt(specSchema, ["services", "bot", "env", "set"])).toEqual([]);
  for (const nowhere of [["nothing"], ["services", "bot", "toString"], ["app", "x"], ["services", 0]])
    expect(schemaAt(specSchema, nowhere)).toBeUndefined();
});
