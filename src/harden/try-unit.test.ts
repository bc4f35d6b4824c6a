import { expect, test } from "vitest";
import { compileSpec } from "../compile/compile.ts";
import { debian12 } from "../compile/target.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import { narrowSpec } from "./narrow-spec.ts";
import { tryUnit } from "./try-unit.ts";

const text = `app: demo
user: demo
directory: /opt/demo
services:
  db: { run: ./db, hardening: basic }
  queue: { run: ./queue }
  bot: { run: ./bot --port 1, requires: [db], secrets: { KEY: /etc/key }, restart: { limit: 3 per 1m, delay: 1s }, stop: { timeout: 9s } }
jobs:
  nightly: { run: ./nightly, at: "*-*-* 03:00:00" }
notify:
  channels: { desk: { journal: {} } }
`;
const spec = parseSpec(text, "holdfast.yaml").spec!;
const narrow = narrowSpec(spec, "bot");
const { directives } = compileSpec(narrow, debian12).artifacts.find(({ service }) => service === "bot")!;
const options = {
  directives,
  settings: [["ProtectSystem", "strict"]] as const,
  output: "/run/out",
  trace: null,
  calls: [],
  kills: false,
};

test("a host on which a service is tried has what it needs, and nothing that acts by itself", () => {
  expect(Object.keys(narrow.services)).toEqual(["db", "bot"]);
  expect(narrow.services["db"]).toMatchObject({ hardening: "basic", start: true });
  expect(narrow.services["bot"]).toMatchObject({ hardening: "off", start: false, enable: false });
  expect(narrow).toMatchObject({ jobs: {}, supervision: "systemd" });
  expect(narrow.notify).toBeUndefined();
});

test("one run has everything of the service but how often it starts, where its log goes, and its sandbox", () => {
  const unit = tryUnit(options);
  expect(unit).toContain("ExecStart=/opt/demo/bot --port 1\n");
  expect(unit).toContain("LoadCredential=KEY:/etc/key\n");
  expect(unit).toContain("Requires=demo-db.service\n");
  expect(unit).toContain("ProtectSystem=strict\n");
  expect(unit).toContain("StandardOutput=append:/run/out\n");
  expect(unit.match(/^Restart=.*$/gm)).toEqual(["Restart=no"]);
  expect(unit).not.toMatch(/OnFailure|LogNamespace|journald@|StartLimitBurst|WantedBy|UMask/);
});

test("it may be watched by strace, and killed where asking takes long", () => {
  const unit = tryUnit({ ...options, trace: "/run/trace", calls: ["mlock"], kills: true });
  expect(unit).toMatch(
    /^ExecStart=\/usr\/bin\/strace -D -f .*\?mlock -o \/run\/trace \/opt\/demo\/bot --port 1$/m,
  );
  expect(unit.match(/^KillSignal=.*$/gm)).toEqual(["KillSignal=SIGKILL"]);
  expect(unit.match(/^TimeoutStopSec=.*$/gm)).toEqual(["TimeoutStopSec=5s"]);
});
