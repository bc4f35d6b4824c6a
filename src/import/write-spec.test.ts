import { expect, test } from "vitest";
import { parseSpec } from "../spec/parse-spec.ts";
import type { Imported } from "./imported.ts";
import { writeSpec } from "./write-spec.ts";

const at = { file: "x.conf", line: 3, column: 1, length: 1 };
const imported: Imported = {
  app: { value: "demo", why: "the file's name" },
  directory: { value: "/opt/demo", why: "cd" },
  user: { value: "demo", why: "user=" },
  keys: [{ key: ["zone"], value: "Europe/Berlin", why: "this host's" }],
  services: [
    {
      name: "bot",
      at,
      notes: ["from x.conf:3"],
      keys: [
        { key: ["run"], value: ["./bot", "--password", "hunter2"], why: "command=" },
        { key: ["env", "set", "MODE"], value: "live" },
        { key: ["env", "set", "LEVEL"], value: "5", why: "as text" },
        { key: ["restart"], value: { on: "always", delay: "5s" }, why: "autorestart=true" },
        { key: ["limits", "memory"], value: "many", why: "mem=many" },
      ],
    },
  ],
  jobs: [],
  dropped: [{ at, what: "image: x", why: "no containers", todo: "install the program" }],
  source: "x.conf",
};

test("what is written parses, keeps its reasons, and names what the spec refuses", () => {
  const { text, dropped } = writeSpec(imported);
  const { spec, diagnostics } = parseSpec(text, "holdfast.yaml");
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(spec!.services["bot"]).toMatchObject({
    env: { set: { MODE: "live", LEVEL: "5" } },
    restart: { on: "always" },
  });
  expect(spec!.services["bot"]!.limits).toBeUndefined();
  expect(dropped.map(({ what }) => what)).toEqual(["image: x", "bot: limits.memory"]);
  expect(text).toMatch(/restart: \{ on: always, delay: 5s \} +# autorestart=true/);
  expect(text).not.toContain("hunter2");
});

test("an account and a directory that cannot be are replaced, and said", () => {
  const odd = { ...imported, user: { value: "*/odd", why: "" }, directory: { value: "relative", why: "" } };
  const { text, dropped } = writeSpec(odd);
  expect(parseSpec(text, "holdfast.yaml").spec).toMatchObject({ user: "demo", directory: "/" });
  expect(dropped.map(({ what }) => what)).toEqual(
    expect.arrayContaining(["user: */odd", "directory: relative"]),
  );
});
