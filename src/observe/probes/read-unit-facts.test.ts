import { expect, test } from "vitest";
import { stoppedBy } from "../../agent/circumstances.ts";
import { unitFactsOf } from "./read-unit-facts.ts";

const down = {
  ActiveState: "inactive",
  SubState: "dead",
  Result: "success",
  ExecMainCode: 1,
  ExecMainStatus: 0,
};

// As systemd 252 shows them, in microseconds.
test.each([
  ["it ended by itself", 1_876_946_941n, 1_876_947_202n, true],
  ["it was ended by kill(1), and then a second of ExecStopPost=", 1_903_576_555n, 1_903_588_819n, true],
  ["it was stopped, and exited with 0 on SIGTERM", 1_886_143_290n, 1_886_132_403n, false],
  ["it was stopped by an ExecStop= of a second", 1_899_653_207n, 1_898_648_641n, false],
  ["nothing is known any more", 0n, 0n, false],
])("%s", (_, exited, left, byItself) => {
  const stamps = { ExecMainExitTimestampMonotonic: exited, ActiveExitTimestampMonotonic: left };
  const facts = unitFactsOf({ ...down, ...stamps }, { now: 0, steady: 2_000_000 });
  expect(facts.endedByItself).toBe(byItself);
  expect(stoppedBy(undefined, facts, false)).toBe(byItself ? null : "it was stopped outside Holdfast");
});
