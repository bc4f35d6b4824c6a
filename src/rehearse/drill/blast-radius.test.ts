import { expect, test } from "vitest";
import { compileSpec } from "../../compile/compile.ts";
import { debian12 } from "../../compile/target.ts";
import { makeDesired } from "../../plan/make-desired.ts";
import { parseSpec } from "../../spec/parse-spec.ts";
import { allFaults } from "../faults.ts";
import type { Fault } from "../fault.ts";
import { subjectsOf } from "../subject.ts";
import { blastRadiusOf, describeBlastRadius } from "./blast-radius.ts";

const text = `
app: polybot
user: polybot
directory: /opt/polybot
notify: { channels: { ops: { journal: {} } } }
services:
  feed: { run: /usr/bin/true, restart: { delay: 30s }, ready: { tcp: 9000, within: 20s }, stop: { timeout: 40s } }
  bot: { run: /usr/bin/true, after: [feed] }
  page: { run: /usr/bin/true, after: [bot] }
`;

function radius(faults: readonly string[], services: readonly string[]) {
  const { spec } = parseSpec(text, "holdfast.yaml");
  const desired = makeDesired(spec!, compileSpec(spec!, debian12), debian12);
  const subjects = subjectsOf(spec!, debian12).filter(({ name }) => services.includes(name));
  const chosen = allFaults.filter((one): one is Fault => one.drill === true && faults.includes(one.id));
  return blastRadiusOf(desired, chosen, subjects);
}

test("says which service stops, for how long at the most, and who goes by it, directly or not", () => {
  expect(radius(["crash", "deaf"], ["feed"]).harms).toMatchObject([
    { service: "feed", fault: "crash", away: 50_000, dependents: ["bot", "page"] },
    { service: "feed", fault: "deaf", away: 60_000, dependents: ["bot", "page"] },
  ]);
});

test("says so when no service stops, and does once what is of the whole host", () => {
  expect(radius(["journald-restarted"], ["feed", "bot"]).harms).toMatchObject([{ service: null, away: 0 }]);
});

test("is a statement that a person can agree to", () => {
  expect(describeBlastRadius(radius(["crash"], ["feed"]))).toBe(
    [
      'This is done to "polybot" on this machine, live:',
      "  feed: its main process is killed (SIGKILL); away for at most 50 s if it keeps its promise; bot, page go by it",
      "  All of it takes at most about 50 s if all promises hold.",
      "  Nobody is told meanwhile; what is still wrong at its end is told by ops.",
    ].join("\n"),
  );
});
