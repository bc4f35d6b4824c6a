import { expect, test } from "vitest";
import { undeclaredPlaces, unusedPlaces } from "./written-places.ts";

const written = [
  "/opt/app/data/x",
  "/opt/app/notes/a",
  "/opt/app/notes/old/b",
  "/opt/app/lib/__pycache__/m.cpython-311.pyc",
  "/tmp/y",
  "/dev/null",
  "/run/app/socket",
];

test("places that nobody declared are named once, with what was written there", () => {
  expect(undeclaredPlaces(written, ["/opt/app/data"])).toEqual([
    { path: "/opt/app/notes", why: "it wrote /opt/app/notes/a" },
  ]);
});

test("declared places without a write are named", () => {
  expect(unusedPlaces(written, ["/opt/app/data", "/opt/app/cache"])).toEqual(["/opt/app/cache"]);
});
