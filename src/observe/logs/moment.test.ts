import { expect, test } from "vitest";
import { readMoment } from "./moment.ts";

const now = new Date("2026-11-21T08:00:00Z");
const refuse = { run: async () => ({ status: 1, signal: null, stdout: "", stderr: "Failed to parse" }) };

test("a span is that long ago", async () => {
  expect(await readMoment(refuse, "10m", now)).toBe(Date.parse("2026-11-21T07:50:00Z") * 1000);
  expect(await readMoment(refuse, "1h 30m", now)).toBe(Date.parse("2026-11-21T06:30:00Z") * 1000);
});

test("a time from our own JSON is read back", async () => {
  expect(await readMoment(refuse, "2026-11-21T07:00:00.123456Z", now)).toBe(
    Date.parse("2026-11-21T07:00:00Z") * 1000 + 123_456,
  );
});

test("everything else is systemd's to read, to the microsecond", async () => {
  const asked: (readonly string[])[] = [];
  const run = async (argv: readonly string[]) => {
    asked.push(argv);
    const stdout = "  Original form: -1h\n   UNIX seconds: @1795232775.4977\n";
    return { status: 0, signal: null, stdout, stderr: "" };
  };
  expect(await readMoment({ run }, "-1h", now)).toBe(1_795_232_775_497_700);
  expect(asked).toEqual([["systemd-analyze", "timestamp", "--", "-1h"]]);
});

test("what nobody understands is refused with examples", async () => {
  await expect(readMoment(refuse, "soon", now)).rejects.toMatchObject({
    exitCode: 2,
    diagnostics: [{ code: "usage/bad-time", fix: "--since 10m" }],
  });
});
