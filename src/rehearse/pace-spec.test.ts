import { expect, test } from "vitest";
import { parseSpec } from "../spec/parse-spec.ts";
import { paceSpec } from "./pace-spec.ts";

const spec = `app: demo
user: demo
directory: /opt/demo
heartbeat: { url: "https://ping.example.org/x", every: 1m }
supervision: agent
services:
  bot: { run: ./bot, ready: { http: "http://127.0.0.1:1/" }, restart: { delay: 30s, limit: 10 per 1h }, stop: { timeout: 1s } }
  plain: { run: ./plain }
notify:
  channels:
    room: { telegram: { token: /etc/demo/token, chat: "1" }, most: 3 per 1h }
  contacts: { anna: { via: { room: "2" } } }
  policy: { critical: [anna] }
environments: { staging: { services: { bot: { restart: { delay: 100ms } } } } }
`;

test("pauses are shorter, which is said; nothing reaches out; and it still is a spec", () => {
  const { text, shortened, channels } = paceSpec(spec, "holdfast.yaml", null, false);
  expect(parseSpec(text, "x.yaml").diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const paced = JSON.parse(text);
  expect(paced.heartbeat).toBeUndefined();
  expect(paced.environments).toBeUndefined();
  expect(paced.notify.channels.room).toEqual({ most: "3 per 1h", journal: {} });
  expect(text).not.toContain("telegram");
  expect(channels).toEqual(["room"]);
  expect(shortened).toEqual([
    { key: "services.bot.restart.delay", from: "30s", to: "250ms" },
    { key: "services.plain.restart.delay", from: "5s", to: "250ms" },
    { key: "services.plain.stop.timeout", from: "30s", to: "3s" },
    { key: "services.plain.ready.settle", from: "10s", to: "1s" },
  ]);
});

test("an environment is laid over, and in real time nothing is shortened", () => {
  const { text, shortened } = paceSpec(spec, "holdfast.yaml", "staging", true);
  expect(JSON.parse(text).services.bot.restart.delay).toBe("100ms");
  expect(shortened).toEqual([]);
});

test("where the processor is emulated, a program has longer to be ready and to end, and that is said", () => {
  const { text, shortened } = paceSpec(spec, "holdfast.yaml", null, false, 10);
  const { bot, plain } = JSON.parse(text).services;
  expect([bot.ready.within, bot.stop.timeout]).toEqual(["10min", "10s"]);
  // Its stop, shortened to 3 s and ten times that, is what it is when nothing is written.
  expect([plain.ready.within, plain.stop]).toEqual(["10min", undefined]);
  expect(parseSpec(text, "x.yaml").diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(shortened.filter(({ longer }) => longer)).toEqual([
    { key: "services.bot.stop.timeout", from: "1s", to: "10s", longer: true },
    { key: "services.bot.ready.within", from: "60s", to: "10min", longer: true },
    { key: "services.plain.ready.within", from: "60s", to: "10min", longer: true },
  ]);
  expect(shortened.map(({ key }) => key)).not.toContain("services.plain.stop.timeout");
});
