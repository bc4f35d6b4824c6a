import { expect, test } from "vitest";
import { remindOfDrill } from "./remind-of-drill.ts";
import { start, testTelling } from "./test-telling.ts";

test("that a drill is overdue is told once for each time that it is due, to those who get the digest", () => {
  const telling = testTelling({ digest: { at: 480, zone: "UTC", targets: ["team"] } });
  const reminder = {
    due: start,
    says: "drill overdue since 2026-11-30: crash",
    fix: "holdfast drill polybot --fault crash",
  };
  expect(remindOfDrill(telling, reminder)).toBe(true);
  telling.now += 86_400_000;
  expect(remindOfDrill(telling, reminder)).toBe(false);
  const rows = () =>
    telling.store.outbox
      .list("polybot")
      .map(({ target, kind, severity, title }) => `${target} ${kind} ${severity}: ${title}`);
  expect(rows()).toEqual(["team notice warning: drill overdue since 2026-11-30: crash"]);
  expect(remindOfDrill(telling, { ...reminder, due: start + 90 * 86_400_000 })).toBe(true);
  expect(rows()).toHaveLength(2);
});

test("without a digest it is on record as told, and nobody hears it twice when one is declared", () => {
  const telling = testTelling();
  expect(remindOfDrill(telling, { due: start, says: "drill overdue", fix: "holdfast drill" })).toBe(true);
  expect(telling.store.outbox.list("polybot")).toEqual([]);
});
