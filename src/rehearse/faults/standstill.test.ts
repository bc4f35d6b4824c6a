import { expect, test } from "vitest";
import { debian12 } from "../../compile/target.ts";
import { parseSpec } from "../../spec/parse-spec.ts";
import { subjectsOf } from "../subject.ts";
import { expectToSee } from "./standstill.ts";

/** Hours that have begun long ago and end long after now, or the other way round. */
const half =
  new Date().getUTCHours() < 12 ? ["00:00..15:00", "15:00..23:00"] : ["09:00..24:00", "00:00..09:00"];

function expected(more: string) {
  const text = `app: bots
user: bots
directory: /opt/bots
windows: { now: { hours: "${half[0]}" }, later: { hours: "${half[1]}" } }
services: { bot: { run: ./bot${more} } }
`;
  const { spec, diagnostics } = parseSpec(text, "holdfast.yaml");
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return expectToSee(subjectsOf(spec!, debian12)[0]!, "be stuck");
}

test.each([
  ["", { verdict: "gap", because: "services.bot has no watchdog, and no check that the agent asks" }],
  [
    ", health: [{ beat: { within: 5s, every: 1s } }]",
    { because: "the check beat", limit: 6000, heals: true },
  ],
  [
    ", health: [{ beat: { within: 5s, every: 1s } }], heal: { do: alert-only }",
    { because: "the check beat", heals: false },
  ],
  [", health: [{ beat: { within: 5m } }]", { verdict: "not-rehearsed", because: "the check beat" }],
  [", health: [{ log: { match: x, fresh: 5s, during: now } }]", { because: "the check log", heals: true }],
  [
    ", health: [{ log: { match: x, fresh: 5s, during: later } }]",
    { verdict: "not-rehearsed", because: "services.bot.health" },
  ],
  [
    ", health: [{ log: { match: x, fresh: 5s, during: later } }, { beat: { within: 9s, every: 1s } }]",
    { because: "the check beat", limit: 10_000 },
  ],
])("who sees %s", (more, seen) => expect(expected(more)).toMatchObject(seen));
