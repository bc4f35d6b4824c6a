import { expect, test } from "vitest";
import { markdownCode, markdownList, markdownTable, markdownText } from "./markdown.ts";

test.each([
  ["# heading", String.raw`\# heading`],
  ["- point", String.raw`\- point`],
  ["+ point", String.raw`\+ point`],
  ["1. point", String.raw`1\. point`],
  ["> quote", String.raw`\> quote`],
  ["=== underlined", String.raw`\=== underlined`],
  ["```\ncode", "\\`\\`\\` code"],
  ["a | b", String.raw`a \| b`],
  ["*strong* _weak_ ~gone~", String.raw`\*strong\* \_weak\_ \~gone\~`],
  ["<script>alert(1)</script>", String.raw`\<script\>alert(1)\</script\>`],
  ["&lt;b&#62;", "&amp;lt;b&amp;#62;"],
  ["[a](http://b) ![c](d)", String.raw`\[a\](http://b) !\[c\](d)`],
  ["back\\slash", String.raw`back\\slash`],
  ["two\nlines\r\n\r\n# and a heading", "two lines # and a heading"],
  ["a\u001b[2Jb", String.raw`a\\x1b\[2Jb`],
  ["restart-loop of check_beat: 3 of 4, R&D", "restart-loop of check_beat: 3 of 4, R&D"],
])("%j stays text", (text, written) => {
  expect(markdownText(text)).toBe(written);
});

test("tables, lists and code", () => {
  expect(markdownTable(["A", "B"], [["1", "2"]])).toBe("| A | B |\n| --- | --- |\n| 1 | 2 |");
  expect(markdownList(["a", "b"])).toBe("- a\n- b");
  expect(markdownCode("a_b.txt")).toBe("`a_b.txt`");
  expect(markdownCode("a`b|c")).toBe("a\\`b\\|c");
});
