import { expect, test } from "vitest";
import { Records } from "../store/records.ts";
import { tryRecording } from "./try-recording.ts";

const full = () => {
  throw new Error("database or disk is full");
};

test("a record that breaks while it is opened or written is a warning, never an error", () => {
  for (const broken of [
    tryRecording(full, () => {}),
    tryRecording(() => Object.create(Records.prototype), full),
  ]) {
    expect(broken).toMatchObject([{ severity: "warning", code: "operate/not-recorded" }]);
    expect(broken[0]!.summary).toContain("disk is full");
  }
});

test("without a record nothing is written, and nothing is said", () => {
  expect(tryRecording(() => null, full)).toEqual([]);
});
