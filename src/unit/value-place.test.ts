import { expect, test } from "vitest";
import { parseUnit } from "./parse-unit.ts";
import type { Assignment } from "./unit-file.ts";
import { valuePlace } from "./value-place.ts";

test.each([
  "[Service]\nExecStart=/usr/bin/bot --a @here\n",
  "[Service]\n  ExecStart \t=  /usr/bin/bot @here\n",
  "[Service]\nExecStart=/usr/bin/bot \\\n    --a \\\n  # @not \\\n\t@here --b\n",
  "[Service]\r\nExecStart=/usr/bin/bot \\\r\n    @here \\\r\n  --b\r\n",
  "[Service]\nExecStart=\\\n  @here\n",
  "[Service]\nExecStart=/usr/bin/bot a\\\\\\\n  @here",
])("a character of a value is found in its file: %j", (text) => {
  const file = parseUnit("bot.service", text);
  const assignment = file.nodes.find((node): node is Assignment => node.kind === "assignment")!;
  const place = valuePlace(file, assignment);
  const at = assignment.value.indexOf("@here");
  expect(at).toBeGreaterThanOrEqual(0);
  expect(place(at)).toBe(text.lastIndexOf("@here"));
  expect(place(at + 5)).toBe(text.lastIndexOf("@here") + 5);
});
