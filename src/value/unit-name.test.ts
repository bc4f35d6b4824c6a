import { expect, test } from "vitest";
import { unitName, unitObjectPath } from "./unit-name.ts";

test("a unit name is one that systemd would take", () => {
  expect(unitName("polybot-bot.service")).toBe("polybot-bot.service");
  for (const bad of [
    "polybot",
    "a b.service",
    "a/b.service",
    "a.service\n",
    ".service",
    `${"x".repeat(256)}.service`,
    "a.conf",
  ])
    expect(() => unitName(bad)).toThrow("Not a unit name");
});

test("an object path has only letters, digits and underscores", () => {
  expect(unitObjectPath(unitName("polybot-bot.service"))).toBe(
    "/org/freedesktop/systemd1/unit/polybot_2dbot_2eservice",
  );
  expect(unitObjectPath(unitName("1a_@b.service"))).toBe(
    "/org/freedesktop/systemd1/unit/_31a_5f_40b_2eservice",
  );
});
