import { expect, test } from "vitest";
import { makeRedact } from "../value/redact.ts";
import { Secret } from "../value/secret.ts";
import { summarize } from "./asked-upstreams.ts";

const asked = (what: string, more: object = {}) => ({
  at: 1,
  name: "broker",
  unit: "demo-bot.service",
  what,
  answer: "200",
  declared: true,
  ...more,
});

test("requests are counted by unit and by kind, and secrets in them are masked", () => {
  const redact = makeRedact([{ name: "API_KEY", value: new Secret("s3cret-value") }], { shapes: true });
  const record = [
    asked("GET /v1/price"),
    asked("GET /v1/price"),
    asked("GET /v1/price", { answer: "500" }),
    asked("GET /v1/me?account=s3cret-value", { declared: false, unit: null }),
    asked("GET /v1/you?token=somethingelse"),
    asked("a connection", { name: "feed" }),
  ];
  const found = summarize("broker", "https://api.broker.example", record, (text) => redact(text).text);
  expect(found.asked).toBe(5);
  expect(found.by).toEqual({ "demo-bot.service": 4, somebody: 1 });
  expect(found.requests[0]).toEqual({ what: "GET /v1/price", answer: "200", count: 2 });
  expect(found.undeclared).toEqual(["GET /v1/me?account=[API_KEY]"]);
  expect(JSON.stringify(found)).not.toMatch(/s3cret-value|somethingelse/);
});
