import { expect, test } from "vitest";
import { editUnit } from "../../unit/edit-unit.ts";
import { lintExample } from "../test-example.ts";
import { lineRules } from "./lines.ts";

const found = (text: string) => lintExample({ units: { "bot.service": text } }, lineRules);
const says = (text: string) => found(text).map((one) => `${one.rule.id}: ${one.says}`);

test("a setting that a backslash makes part of the value above is found, and the backslash is taken away", () => {
  const text = "[Service]\nExecStart=/usr/bin/bot \\\n  --a \\\n# note\nRestart=always\n\n[Install]\n";
  const [one] = found(text);
  expect(one!.says).toBe("Restart= is part of the value of ExecStart=: the line above ends in a backslash");
  expect(one!.file.text.slice(one!.start, one!.end)).toBe("Restart=always");
  expect(editUnit(one!.file, one!.edits!).text).toBe(text.replace("--a \\", "--a"));
});

test("a header that a backslash makes part of the value above", () => {
  expect(says("[Service]\nExecStart=/usr/bin/bot \\\n[Install]\nWantedBy=multi-user.target\n")).toEqual([
    "swallowed-line: [Install] is part of the value of ExecStart=: the line above ends in a backslash",
  ]);
});

test.each([
  "[Service]\nExecStart=/usr/bin/bot \\\n  --set Restart=always \\\n  A=b\n",
  "[Service]\nEnvironment=\\\n  PATH=/usr/bin \\\n  MODE=paper\n",
  "[Service]\nExecStart=/usr/bin/bot \\\n  # Restart=always\n  --a\n",
  "[Service]\nExecStart=/usr/bin/bot \\\n\nRestart=always\n",
])("lines that belong together: %j", (text) => expect(says(text)).toEqual([]));

test("a blank behind the backslash", () => {
  expect(says("[Service]\nExecStart=/usr/bin/bot \\ \n  --verbose\n")).toEqual([
    "skipped-line: this line is not part of ExecStart=: a blank stands behind the backslash above",
  ]);
});

test("two backslashes do not join lines", () => {
  expect(says("[Service]\nExecStart=/usr/bin/bot \\\\\n  --verbose\n")).toEqual([
    "skipped-line: this line is not part of ExecStart=: two backslashes above are a backslash of the value",
  ]);
});

test("what systemd stops at, and what it skips", () => {
  expect(says("[Service\nExecStart=/usr/bin/bot\n")).toEqual(["not-loaded: this is no header of a section"]);
  expect(says("A=b\n[Service]\nnothing\n=x\n")).toEqual([
    'skipped-line: this line has no "="',
    'skipped-line: nothing stands before "="',
    "outside-section: A= stands above the first section",
  ]);
});
