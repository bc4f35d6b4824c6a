import { expect, test } from "vitest";
import { parseProfile, profileFile } from "./profile.ts";

const head = "profile: 1\nservice: demo/bot\nlearned: 2026-11-29\nsystemd: 252\n";

test("what a profile says is read, and its lines have places", () => {
  const { profile, diagnostics } = parseProfile(
    `${head}set:\n  PrivateNetwork: { to: yes, why: no socket was made }\noff:\n  ProtectProc: { why: it ended }\n`,
    "hardening/bot.yaml",
  );
  expect(diagnostics).toEqual([]);
  expect(profile!.set).toEqual({ PrivateNetwork: { to: "yes", why: "no socket was made" } });
  expect(profile!.placeOf(["off", "ProtectProc"], "key").line).toBe(8);
});

test.each([
  ["set:\n  ExecStart: { to: /bin/sh, why: x }\n", "profile/bad-directive"],
  ["set:\n  UMask: { to: '0077\\nExecStartPre=/bin/sh', why: x }\n", "profile/bad-value"],
  ['set:\n  UMask: { to: "0077\\nExecStartPre=/bin/sh", why: x }\n', "profile/bad-value"],
  ['set:\n  UMask: { to: "%h", why: x }\n', "profile/bad-value"],
  ["set:\n  PrivateNetwork: { to: yes }\n", "spec/missing-key"],
  ["sett: {}\n", "spec/unknown-key"],
  ["runs: { /usr/bin/node: md5:1 }\n", "profile/bad-hash"],
])("a profile cannot bring in anything else: %s", (text, code) => {
  const { profile, diagnostics } = parseProfile(head + text, "hardening/bot.yaml");
  expect(profile).toBeNull();
  expect(diagnostics.map((one) => one.code)).toContain(code);
  expect(diagnostics[0]!.at?.file).toBe("hardening/bot.yaml");
});

test("it is kept beside the spec", () => {
  expect(profileFile("holdfast.yaml", "bot")).toBe("hardening/bot.yaml");
  expect(profileFile("/etc/demo/holdfast.yaml", "bot")).toBe("/etc/demo/hardening/bot.yaml");
});
