import { expect, test } from "vitest";
import type { Change } from "../store/changes.ts";
import type { End } from "./diagnose/diagnosis.ts";
import { makeHistory } from "./history.ts";

const change = {
  from: 1,
  to: 2,
  who: "ada",
  purpose: "apply",
  outcome: "undone",
  failure: "bot did not stay up",
};
const end = { ranMillis: 5, fix: null, invocation: null };

test("everything in one order, newest first, with planned ends left to those who planned them", () => {
  const ends: End[] = [
    { ...end, at: "2026-11-21T08:00:02.000Z", reason: "exit-code", words: "it ended with exit code 1" },
    { ...end, at: "2026-11-21T08:00:05.000Z", reason: "stopped", words: "stopped on purpose" },
  ];
  const giveUp = {
    id: 1,
    app: "polybot",
    unit: "polybot-bot.service",
    invocation: null,
    result: "exit-code",
  };
  const found = makeHistory(
    [{ ...change, started: "2026-11-21T08:00:00.000Z" } as Change],
    [
      {
        at: "2026-11-21T08:00:04.000Z",
        who: "ada",
        app: "polybot",
        unit: "polybot-bot.service",
        action: "stop",
        why: "repair",
        result: "is stopped",
      },
    ],
    [
      {
        ...giveUp,
        at: "2026-11-21T08:00:03.000Z",
        exitCode: "exited",
        exitStatus: "1",
        evidence: '{"reason":"it ended"}',
        closed: null,
      },
    ],
    [{ service: "bot", unit: "polybot-bot.service", ends }],
  );
  expect(found).toMatchObject([
    { kind: "action", service: "bot", who: "ada", what: "stop", why: "repair" },
    { kind: "give-up", service: "bot", outcome: "open", why: "it ended" },
    { kind: "end", service: "bot", outcome: "exit-code" },
    {
      kind: "change",
      who: "ada",
      what: "apply generation 2, from 1",
      outcome: "undone",
      why: "bot did not stay up",
    },
  ]);
});
