import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileSpec } from "../../src/compile/compile.ts";
import { debian12 } from "../../src/compile/target.ts";
import { parseSpec } from "../../src/spec/parse-spec.ts";
import { appArmorParser } from "../../src/plan/read-target.ts";

// Profiles as apparmor_parser(8) reads them: it compiles each, and loads none. That they are enforced needs a kernel with AppArmor.

const parserIsThere = existsSync(appArmorParser);

const programs: Readonly<Record<string, { directory?: string; user?: string; service: object }>> = {
  python: { service: { run: "venv/bin/python bot.py", writes: ["logs", "data"], ports: [8000] } },
  node: {
    service: { run: "/usr/bin/node bot.js", "state-directory": "demo", secrets: { KEY: "/etc/demo/key" } },
  },
  "another-node": { service: { run: "/opt/node/bin/node bot.js", "cache-directory": "demo" } },
  java: { service: { run: "/usr/bin/java -jar bot.jar", "runtime-directory": "demo" } },
  shell: {
    service: { run: "./run.sh", network: "none", "needs-files": ["settings.toml", "/etc/demo.conf"] },
  },
  "in-a-home": { directory: "/home/me/bot", user: "me", service: { run: "./bot" } },
  "as-root": { user: "root", service: { run: "./bot" } },
  privileged: {
    service: { run: "./bot", ports: [80], allow: ["packet-sockets", "netlink", "namespaces", "devices"] },
  },
  setuid: { service: { run: "./bot", allow: ["setuid"] } },
  "in-what-it-writes": { service: { run: "./bot", writes: ["."] } },
  loose: { service: { run: "./bot", level: "off" } },
  "odd-paths": { directory: "/opt/a b[1]{x,y}^@", service: { run: './bo"t*', writes: ["da ta?"] } },
};

function profileOf({ directory = "/opt/demo", user = "demo", service }: (typeof programs)[string]): string {
  const { level, allow, ...keys } = service as { level?: string; allow?: string[]; run: string };
  const hardening = { apparmor: true, ...(level ? { level } : {}), ...(allow ? { allow } : {}) };
  const run = keys.run.includes('"') ? [keys.run] : keys.run;
  const text = JSON.stringify({
    app: "demo",
    user,
    ...(user === "root" ? { "allow-root": "this test" } : {}),
    directory,
    services: { bot: { ...keys, run, hardening } },
  });
  const { spec, diagnostics } = parseSpec(text, "holdfast.yaml");
  if (!spec) throw new Error(diagnostics.map(({ summary }) => summary).join("\n"));
  const { artifacts } = compileSpec(spec, debian12);
  return artifacts.find(({ kind }) => kind === "apparmor")!.text;
}

/** What the parser has to say; "" when it can compile the profile. */
function parse(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), "holdfast-apparmor-"));
  try {
    const path = join(directory, "profile");
    writeFileSync(path, text);
    const { status, stderr } = spawnSync(
      appArmorParser,
      ["--skip-kernel-load", "--skip-cache", "--warn=all", path],
      { encoding: "utf8" },
    );
    return status === 0 ? "" : `${status}: ${stderr}`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe.skipIf(!parserIsThere)("apparmor_parser accepts the profile of", () => {
  test.each(Object.keys(programs))("%s", (name) => {
    expect(parse(profileOf(programs[name]!))).toBe("");
  });

  test("and would say so if it did not", () => {
    expect(parse(profileOf(programs["python"]!).replace(" mrix,", " mrzx,"))).not.toBe("");
  });
});

test("what is declared decides what is in it", () => {
  const profile = profileOf(programs["python"]!);
  expect(profile).toContain("profile holdfast.demo-bot flags=(attach_disconnected) {");
  // The application is read; what it writes is named, and cannot be run.
  expect(profile).toContain('"/opt/demo/**" mrix,');
  expect(profile).toContain('"/opt/demo/logs/**" mrwkl,\n  deny "/opt/demo/logs/**" x,');
  expect(profile).not.toMatch(/"\/opt\/demo\/\*\*" \w*w/);
  expect(profile).toContain("network inet stream,");
  expect(profile).toContain("audit deny /home/**");
  expect(profile).toContain("audit deny /root/**");
  expect(profile).not.toContain("capability");

  // It could not be started at all.
  expect(profileOf(programs["in-what-it-writes"]!)).not.toContain('deny "/opt/demo/**" x');
  expect(profileOf(programs["shell"]!)).not.toMatch(/network|nameservice/);
  expect(profileOf(programs["in-a-home"]!)).not.toContain("deny /home");
  expect(profileOf(programs["privileged"]!)).toContain("network packet,");
  expect(profileOf(programs["node"]!)).toContain('"/run/credentials/demo-bot.service/**" r,');
  expect(profileOf(programs["another-node"]!)).toContain('"/opt/node/**" mrix,');
});
