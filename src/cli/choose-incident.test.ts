import { expect, test } from "vitest";
import type { HoldfastError } from "../report/diagnostic.ts";
import { raise } from "../tell/raise.ts";
import { testTelling } from "../tell/test-telling.ts";
import { chooseIncident } from "./choose-incident.ts";
import type { Session } from "./session.ts";

const telling = testTelling();
for (const service of ["a", "b"])
  raise(telling, {
    change: "raise",
    at: telling.now,
    service,
    source: "check",
    subject: "beat",
    severity: "error",
    says: "beat has failed",
    mayHeal: false,
  });
const session = { record: () => ({ teller: { store: telling.store } }) } as unknown as Session;
const nothing = { record: () => null } as unknown as Session;

const refusal = (of: Session, name: string) => {
  try {
    return chooseIncident(of, name).name;
  } catch (error) {
    const [first] = (error as HoldfastError).diagnostics;
    return { code: first!.code, fix: first!.fix, exit: (error as HoldfastError).exitCode };
  }
};

test("an incident is found by its name, or by an end of it", () => {
  for (const name of ["INC-20261130-090000", "inc-20261130-090000", "090000", "20261130-090000"])
    expect(chooseIncident(session, name).name).toBe("INC-20261130-090000");
  for (const name of ["090000-2", "-2"])
    expect(chooseIncident(session, name).name).toBe("INC-20261130-090000-2");
});

test("what several have, and what none has, is refused with what there is", () => {
  raise(telling, {
    change: "raise",
    at: telling.now,
    service: null,
    source: "drift",
    subject: null,
    severity: "warning",
    says: "a file was edited",
    mayHeal: false,
  });
  telling.now += 1;
  expect(refusal(session, "120000")).toMatchObject({ code: "usage/unknown-incident", exit: 2 });
  expect(refusal(session, "")).toMatchObject({ code: "usage/unknown-incident" });
  expect(refusal(nothing, "090000")).toMatchObject({
    code: "usage/unknown-incident",
    fix: "look as root: sudo",
  });
});

test("two that end alike are both named", () => {
  const { incidents } = telling.store;
  const first = incidents.named("INC-20261130-090000")!;
  incidents.add({ ...first, name: "INC-20261201-090000", dedupKey: "another" });
  expect(refusal(session, "090000")).toMatchObject({ code: "usage/ambiguous-incident", exit: 2 });
});
