import { expect, test } from "vitest";
import { statusMessage } from "./status-message.ts";
import { lifeOfAnIncident } from "./test-review.ts";
import { start } from "./test-telling.ts";

const { incident } = lifeOfAnIncident({ says: "http of polybot-bot.service on 10.0.0.7 has failed" }).facts();

test("outsiders hear what they notice, since when and what is done, and nothing of the inside", () => {
  const open = { ...incident, state: "open" as const, resolved: null };
  const told = statusMessage(open, "no orders are placed", start + 600_000);
  expect(told).toBe(`Status of polybot, 2026-11-30 09:10:00 UTC

polybot does not work as it should since 2026-11-30 09:00:00 UTC (for 10 min). It has been noticed, and is being looked into.
What is affected: no orders are placed
The next message comes by 2026-11-30 13:10:00 UTC.`);
  const over = statusMessage(incident, null, start + 600_000);
  expect(over).toContain("Resolved. polybot works again since 2026-11-30 09:05:00 UTC.");
  for (const text of [told, over]) expect(text).not.toMatch(/10\.0|service|http|beat|anna/);
});
