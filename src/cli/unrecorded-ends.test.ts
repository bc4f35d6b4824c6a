import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { keepEnd, recordKeptEnds, type UnrecordedEnd } from "./unrecorded-ends.ts";

const endOf = (invocation: string): UnrecordedEnd => ({
  app: "desk",
  job: "nightly",
  invocation,
  end: {} as UnrecordedEnd["end"],
});

test("two gates that look at the same time do not hinder each other", () => {
  const above = mkdtempSync(join(tmpdir(), "ends-"));
  vi.stubEnv("XDG_RUNTIME_DIR", above);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(above, { recursive: true });
  });
  const kept = ["a", "b", "c"].map((letter) => letter.repeat(32));
  for (const invocation of kept) keepEnd("user", endOf(invocation));
  const directory = join(above, "holdfast/ends");
  // Somebody is about to write one more.
  writeFileSync(join(directory, `${"d".repeat(32)}.new`), "");
  const recorded: string[] = [];
  const record = ({ invocation }: UnrecordedEnd): void => {
    recorded.push(invocation);
    // The other gate is faster with all that is left.
    for (const one of kept) if (one !== invocation) rmSync(join(directory, one), { force: true });
  };
  recordKeptEnds("user", record);
  expect(recorded).toHaveLength(1);
  expect(readdirSync(directory)).toEqual([`${"d".repeat(32)}.new`]);
});
