import { join } from "node:path";
import { expect, test } from "vitest";
import { localUnitSource } from "../../src/host/unit-source.ts";
import { lintPaths } from "../../src/lint/lint-paths.ts";
import { toJson } from "../../src/lint/report.ts";

// The files that five real documents tell people to write, with the documents' own mistakes (covers: P-03, P-65, A-27, A-28, A-29, O-34, O-49, O-97, G-30, G-31).

const folder = join(import.meta.dirname, "documents");
const { found } = lintPaths({
  paths: [folder],
  scope: "system",
  systemd: 252,
  source: localUnitSource,
  places: [],
});
const told = found.map((one) => {
  const { rule, file, line } = toJson(one);
  return `${file.slice(folder.length + 1)}:${line} ${rule}`;
});

/** File, line and rule of each mistake. */
const mistakes: readonly string[] = [
  "polybot/polybot.service:14 wrong-section",
  "aurora/paper-trading.timer:6 trailing-comment",
  "gemini-trader/gemini-trader.service:12 trailing-comment",
  "gemini-trader/gemini-trader.service:13 trailing-comment",
  "oneiric/oneiric.service:30 trailing-comment",
];

test.each(mistakes)("%s", (mistake) => expect(told).toContain(mistake));
