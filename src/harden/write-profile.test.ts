import { expect, test } from "vitest";
import { parseProfile } from "../spec/profile.ts";
import { writeProfile, type ProfileContent } from "./write-profile.ts";

const content: ProfileContent = {
  app: "demo",
  service: "bot",
  learned: "2026-11-29",
  systemd: 252,
  runs: { "/usr/bin/node": `sha256:${"0a".repeat(32)}` },
  before: 1.1,
  after: 1,
  set: {
    SystemCallFilter: { to: ["@system-service", "~@aio @keyring"], why: "none: of its calls #1 was made" },
    NoExecPaths: { to: "-/dev/shm /tmp /var/tmp -/opt/demo/data", why: "nothing there was run" },
    UMask: { to: "0077", why: "as it is" },
    ProtectHome: { to: "yes", why: "x" },
  },
  off: { MemoryDenyWriteExecute: { why: 'it was killed with SIGTRAP; it wrote: "{a: b}\u001b[31m"' } },
  places: [{ path: "/opt/demo/cache dir", why: "it wrote /opt/demo/cache dir/x" }],
  exercised: ["its start: http://127.0.0.1:8000/health"],
  notExercised: ["check dns: no answer: - at all"],
};

test("a profile is read back as it was written, whatever its reasons say", () => {
  const { profile, diagnostics } = parseProfile(writeProfile(content), "hardening/bot.yaml");
  expect(diagnostics).toEqual([]);
  expect(profile!.set).toEqual(content.set);
  expect(profile!.off!["MemoryDenyWriteExecute"]!.why).toContain("SIGTRAP");
  expect(profile!.writes).toEqual({ "/opt/demo/cache dir": { why: "it wrote /opt/demo/cache dir/x" } });
  expect(profile!.runs).toEqual(content.runs);
  expect(profile!.score).toEqual({ before: 1.1, after: 1 });
  expect(profile!["not-exercised"]).toEqual(content.notExercised);
});
