import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { prepareTree } from "./prepare.ts";

let tree = "";
beforeEach(() => (tree = mkdtempSync(join(tmpdir(), "prepare-"))));
afterEach(() => rmSync(tree, { recursive: true }));

const options = { hostname: "copy", target: "minimal", hide: [] } as const;

test("the host gets an identity of its own, also where D-Bus links to the machine id", async () => {
  has("/etc/machine-id", "0123456789abcdef0123456789abcdef\n");
  links("/var/lib/dbus/machine-id", "/etc/machine-id");
  await prepareTree(tree, options);
  expect(says("/etc/machine-id")).toMatch(/^[0-9a-f]{32}\n$/);
  expect(says("/etc/machine-id")).not.toContain("0123456789abcdef");
  expect(says("/etc/hostname")).toBe("copy\n");
});

test("neither the state of Holdfast, nor the journal, nor what is hidden comes along", async () => {
  for (const path of [
    "/var/lib/holdfast/holdfast.db",
    "/var/log/journal/id/system.journal",
    "/etc/keys/live",
  ])
    has(path, "x");
  await prepareTree(tree, { ...options, hide: ["/etc/keys"] });
  expect(existsSync(join(tree, "var/lib/holdfast/holdfast.db"))).toBe(false);
  expect(existsSync(join(tree, "var/log/journal/id"))).toBe(false);
  expect(existsSync(join(tree, "var/log/journal"))).toBe(true);
  expect(existsSync(join(tree, "etc/keys/live"))).toBe(false);
});

test("a minimal host has no units and no generators of the machine", async () => {
  has("/etc/systemd/system/app.service", "[Service]\n");
  links("/etc/systemd/system/multi-user.target.wants/app.service", "/etc/systemd/system/app.service");
  has("/usr/lib/systemd/system-generators/some-generator", "");
  await prepareTree(tree, options);
  expect(existsSync(join(tree, "etc/systemd/system/app.service"))).toBe(false);
  expect(existsSync(join(tree, "etc/systemd/system/multi-user.target.wants"))).toBe(false);
  expect(readlinkSync(join(tree, "etc/systemd/system-generators/some-generator"))).toBe("/dev/null");
});

test("a full host keeps its units, but not those that Holdfast installed", async () => {
  has("/etc/systemd/system/app.service", "[Service]\n");
  has("/etc/systemd/system/bot.service", "# Installed by Holdfast\n[Service]\n");
  for (const name of ["app", "bot"]) {
    links(
      `/etc/systemd/system/multi-user.target.wants/${name}.service`,
      `/etc/systemd/system/${name}.service`,
    );
  }
  await prepareTree(tree, { ...options, target: "full" });
  expect(says("/etc/systemd/system/app.service")).toBe("[Service]\n");
  expect(readlinkSync(join(tree, "etc/systemd/system/multi-user.target.wants/app.service"))).toContain("app");
  expect(existsSync(join(tree, "etc/systemd/system/bot.service"))).toBe(false);
  expect(() => readlinkSync(join(tree, "etc/systemd/system/multi-user.target.wants/bot.service"))).toThrow(
    /ENOENT/,
  );
});

function has(path: string, content: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), content);
}

function links(path: string, target: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  symlinkSync(target, join(tree, path));
}

function says(path: string): string {
  return readFileSync(join(tree, path), "utf8");
}
