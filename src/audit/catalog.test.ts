import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { catalog } from "./catalog.ts";

test("docs/audit.md lists every kind of finding, and no other", () => {
  const page = readFileSync(join(import.meta.dirname, "../../docs/audit.md"), "utf8");
  const listed = [...page.matchAll(/^\| `(audit\/[a-z-]+)` \|/gm)].map(([, id]) => id!);
  expect(listed.toSorted()).toEqual(Object.keys(catalog).toSorted());
});
