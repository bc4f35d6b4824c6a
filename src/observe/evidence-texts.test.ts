import { expect, test } from "vitest";
import { evidenceJson, lastLines } from "./evidence-texts.ts";
import { shapesMask } from "./app-mask.ts";

test("too large, a list keeps its end, stays JSON and says so", () => {
  const list = Array.from({ length: 3000 }, (_, index) => ({ index, says: "x".repeat(50) }));
  const made = evidenceJson("a.json", { list }, shapesMask, 64 * 1024)!;
  expect(Buffer.byteLength(made.text)).toBeLessThanOrEqual(64 * 1024);
  const { list: left } = JSON.parse(made.text) as { list: { index: number }[] };
  expect(left.at(-1)).toMatchObject({ index: 2999 });
  expect(made.cut).toBe(`lists of it keep their last ${left.length}`);
});

test("what cannot be made to fit is nothing at all", () => {
  expect(evidenceJson("a.json", { text: "x".repeat(1000) }, shapesMask, 100)).toBeNull();
});

test("every text is masked and counted; without a mask only words are left out", () => {
  const facts = { says: "token=abc", deep: [{ text: "password=abc", at: 1n }], unit: "bot.service" };
  const made = evidenceJson("a.json", facts, shapesMask, 1000)!;
  expect(JSON.parse(made.text)).toEqual({
    says: "token=[hidden]",
    deep: [{ text: "password=[hidden]", at: 1 }],
    unit: "bot.service",
  });
  expect(made).toMatchObject({ redactions: 2, cut: null });
  const bare = JSON.parse(evidenceJson("a.json", facts, null, 1000)!.text);
  expect(bare.says).toMatch(/left out/);
  expect(bare.unit).toBe("bot.service");
});

test("the last lines that fit, in bytes", () => {
  expect(lastLines(["äää", "b", "c"], 4)).toEqual({ lines: ["b", "c"], dropped: 1 });
  expect(lastLines(["b"], 1)).toEqual({ lines: [], dropped: 1 });
  expect(lastLines([], 10)).toEqual({ lines: [], dropped: 0 });
});
