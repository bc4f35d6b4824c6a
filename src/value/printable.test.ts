import { inspect } from "node:util";
import { expect, test } from "vitest";
import { printable } from "./printable.ts";
import { Secret } from "./secret.ts";

test("text of others cannot move the cursor or hide itself", () => {
  expect(printable("a\u001b[2Jb\r\n\tc\u202Ed\u2028é")).toBe("a\\x1b[2Jb\\x0d\\x0a    c\\u{202e}d\\u{2028}é");
});

test("a secret shows in no way but the one that is asked for", () => {
  const secret = new Secret("hunter2");
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }),
    Object.keys(secret).join(""),
  ];
  expect(shown.join(" ")).not.toContain("hunter2");
  expect(secret.reveal()).toBe("hunter2");
});
