import { randomInt } from "node:crypto";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Result } from "./result.ts";
import { checkout, sharedHost, story, waitUntil } from "./story.ts";

// An application with every mistake in it, planted after it was applied: each is found, with a fix that mends it. The
// secrets are in many places by then, and in nothing that an audit says or keeps.

const number = randomInt(2 ** 40);
const canaries = {
  credential: `c4nary-${number}-credential`,
  variable: `c4nary-${number}-variable`,
  unit: `c4nary-${number}-in-the-unit`,
  argument: `c4nary-${number}-argument`,
  git: `c4nary-${number}-in-git`,
};

const program = `
import http.server, os, socket, sys, threading, time
print("starting with " + os.environ.get("PASSWORD", "nothing"), flush=True)
if os.path.exists("data/open"):
    other = socket.create_server(("0.0.0.0", 9702))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(("127.0.0.1", 9701), Handler).serve_forever()
`;

const spec = `
app: leaky
user: leaky
directory: /opt/leaky
services:
  web:
    run: /usr/bin/python3 web.py
    env: { file: .env, require: [PASSWORD] }
    secrets: { KEY: /etc/leaky/key }
    ports: [9701]
    ready: { http: "http://127.0.0.1:9701/" }
    writes: [data]
notify: { channels: { log: { journal: {} } }, test: false }
`;

const auditor = `#!/usr/bin/python3
import json, os, pwd
title = " ".join([pwd.getpwuid(os.getuid()).pw_name, os.getcwd().rsplit(".", 1)[0], *sorted(os.listdir("."))])
hole = {"name": "lodash", "range": "<4", "via": [{"title": title, "severity": "high"}]}
print(json.dumps({"vulnerabilities": {"lodash": hole}}))
`;

const dropIn = "/etc/systemd/system/leaky-web.service.d/outside.conf";
const said: Result[] = [];
type Finding = {
  id: string;
  where: string;
  severity: string;
  app: string | null;
  fix: string;
  says: string;
  new: boolean;
  accepted: object | null;
};

const world = sharedHost({
  name: "audited",
  setUp: async ({ host, holdfast, run }) => {
    const example = join(checkout, "examples/polybot");
    await run(["sh", join(example, "prepare.sh"), "/opt/polybot"]).succeeds();
    await holdfast(["--file", join(example, "holdfast.yaml"), "--env", "demo", "apply"]).succeeds();
    await host.write("/opt/leaky/web.py", program);
    await host.write("/opt/leaky/holdfast.yaml", spec);
    await host.write("/opt/leaky/.env", `PASSWORD=${canaries.variable}\n`, 0o600);
    await host.write("/etc/leaky/key", canaries.credential, 0o600);
    await holdfast("apply", { directory: "/opt/leaky" }).succeeds();
  },
});

describe("audit", () => {
  story(
    "finds nothing to mend in the example, and says of each service what its sandbox leaves open and why",
    { covers: "O-89, C-131, A-77" },
    async () => {
      const report = (await audit("polybot", "--json")).succeeds().json();
      const bad = (report.findings as Finding[]).filter(({ severity }) => /critical|error/.test(severity));
      expect(bad).toEqual([]);
      expect(report.sandboxes).toHaveLength(2);
      for (const { score, atMost, lines } of report.sandboxes) {
        expect(score).toBeLessThanOrEqual(atMost);
        expect(lines.length).toBeGreaterThan(50);
        const off = (lines as { on: boolean; waivedBy: string | null; says: string }[]).filter(
          ({ on }) => !on,
        );
        expect(off.length).toBeGreaterThan(0);
        for (const { waivedBy, says } of off) {
          expect(waivedBy).not.toBeNull();
          expect(says).not.toBe("");
        }
      }
      (await audit("polybot")).says(/- PrivateNetwork= .*off by the preset: network: full is the default/);
    },
  );

  story(
    "finds each mistake that is planted, with what to do",
    {
      covers:
        "A-36, A-77, A-79, A-86, C-32, C-131, C-142, O-23, O-69, O-79; G: root runs a script from a user-writable folder",
    },
    async ({ host, run }) => {
      await host.write("/opt/leaky/prepare.sh", "#!/bin/sh\nexit 0\n", 0o755);
      await run("chmod 777 /opt/leaky/prepare.sh").succeeds();
      await run("mkdir -m 777 /opt/leaky/tools").succeeds();
      await run("chmod 777 /opt/leaky/tools").succeeds();
      await run("useradd --create-home ann").succeeds();
      await host.write("/home/ann/nightly.sh", "#!/bin/sh\nexit 0\n", 0o755);
      await run("chown ann: /home/ann/nightly.sh").succeeds();
      await host.write("/etc/cron.d/nightly", "0 3 * * * root /home/ann/nightly.sh >/dev/null\n");
      await run("usermod -aG users ann").succeeds();
      await run("chgrp users /opt/leaky/.env").succeeds();
      await run("chmod 640 /opt/leaky/.env").succeeds();
      await run("chmod 644 /etc/leaky/key").succeeds();
      await run("chmod 755 /etc/leaky").succeeds();
      await run("chmod 755 /opt/leaky/data").succeeds();
      await host.write("/opt/leaky/backups/trades.db.bak", "a copy", 0o644);
      await host.write("/opt/leaky/settings.py", `API_TOKEN = "${canaries.git}"\n`, 0o644);
      await run("git -C /opt/leaky init --quiet").succeeds();
      await run("git -C /opt/leaky add settings.py web.py").succeeds();
      // A stand-in for npm that tells who runs it, where, and with what; there is no network.
      await host.write("/opt/leaky/package.json", "{}", 0o644);
      await host.write("/opt/leaky/package-lock.json", "{}", 0o644);
      await host.write("/usr/local/bin/npm", auditor, 0o755);
      await run("mkdir -p /opt/leaky/venv/lib/python3.11/site-packages/requests-2.0.dist-info").succeeds();
      await run("touch /opt/leaky/data/open /run/reboot-required").succeeds();
      await host.write(
        dropIn,
        `[Service]\nEnvironment=API_TOKEN=${canaries.unit}\nEnvironment=PATH=/opt/leaky/tools:/usr/bin:/bin\nExecStartPre=+/opt/leaky/prepare.sh\nExecStart=\nExecStart=/usr/bin/python3 web.py --api-token ${canaries.argument}\n`,
      );
      const unit = "/etc/systemd/system/leaky-web.service";
      await host.write(unit, `${await host.read(unit)}# by hand\n`);
      await run("systemctl daemon-reload").succeeds();
      await run("systemctl restart leaky-web.service").succeeds();
      await waitUntil("the other port is open", () => run("ss -Htln sport = :9702"), {
        accept: ({ stdout }) => stdout.includes("9702"),
      });

      const report = (await audit("--json")).fails(1).json();
      const found = (report.findings as Finding[])
        .filter(({ app }) => app !== "polybot")
        .map(({ severity, id, where }) => `${severity} ${id} ${where}`);
      for (const expected of [
        "critical audit/root-code-writable /opt/leaky/prepare.sh",
        "critical audit/root-code-writable /home/ann/nightly.sh",
        "critical audit/credential-readable /etc/leaky/key",
        "error audit/env-file-readable /opt/leaky/.env",
        "error audit/unit-changed /etc/systemd/system/leaky-web.service",
        `warning audit/unit-drop-in ${dropIn}`,
        "error audit/path-writable /opt/leaky/tools",
        `error audit/secret-in-unit ${dropIn} Environment=API_TOKEN`,
        "error audit/secret-in-arguments leaky-web.service a secret after --api-token",
        "error audit/secret-in-git /opt/leaky/settings.py",
        "warning audit/env-file-not-ignored /opt/leaky/.env",
        "error audit/secret-in-journal journal of leaky-web.service: the value of PASSWORD",
        "error audit/listener-undeclared tcp 0.0.0.0:9702",
        "error audit/backup-readable /opt/leaky/backups/trades.db.bak",
        "warning audit/state-readable /opt/leaky/data",
        "warning audit/reboot-needed host",
        "error audit/vulnerable-package /opt/leaky/package-lock.json lodash",
      ])
        expect(found).toContain(expected);
      // One thing to do for what lies in somebody's home, whatever the number of directories.
      const fixes = (report.findings as Finding[]).filter(({ where }) => where.startsWith("/home/ann"));
      expect(fixes.map(({ fix }) => fix)).toEqual([
        "install -o root -g root -m 755 /home/ann/nightly.sh /usr/local/sbin/nightly.sh, and have it run from there",
      ]);
      for (const one of report.findings as Finding[]) expect(one.fix, one.id).not.toBe("");

      // People are told of it as of anything else that goes wrong: once for the service, once for what is of no service.
      const { incidents } = (await world.holdfast("incident list leaky --json").succeeds()).json();
      const told = await Promise.all(
        (incidents as { name: string }[]).map(async ({ name }) => {
          const shown = await world.holdfast(["incident", "show", name, "--json"]).succeeds();
          return (shown.json().alerts as { says: string }[]).map(({ says }) => says).join("\n");
        }),
      );
      expect(told.filter((says) => says.includes("(audit/credential-readable;"))).toHaveLength(1);
      expect(told.filter((says) => says.startsWith("an audit has found"))).toHaveLength(1);
      expect(told.some((says) => says.includes("(audit/root-code-writable; its fix: holdfast audit)"))).toBe(
        true,
      );

      const text = await audit();
      text.fails(1).says("Fix: chmod 600 /opt/leaky/.env").says("?").says("[audit/secret-in-git]");
      // As the account of the service, on copies, in a directory that is gone afterwards.
      text.says("leaky /tmp/holdfast-audit package-lock.json package.json");
      await run("find /tmp -maxdepth 1 -name holdfast-audit*").doesNotSay("/tmp/holdfast");
      // What nobody could find out is said, and is not green.
      expect(report.unknown).toContainEqual(
        expect.objectContaining({
          what: "packages of /opt/leaky/venv/lib/python3.11/site-packages",
          why: "pip-audit is not installed, or this account may not run it",
        }),
      );
    },
  );

  story(
    "mends what it finds by the fix that it prints, and says what is gone and what is new",
    { covers: "A-79, A-77" },
    async ({ run }) => {
      const before = (await audit("--json")).fails(1).json();
      const fixes = [
        "audit/env-file-readable",
        "audit/credential-readable",
        "audit/path-writable",
        "audit/backup-readable",
        "audit/state-readable",
      ];
      for (const id of fixes) {
        const { fix } = (before.findings as Finding[]).find((one) => one.id === id)!;
        await run(["sh", "-c", fix]).succeeds();
      }
      const script = (before.findings as Finding[]).find(({ where }) => where === "/opt/leaky/prepare.sh")!;
      await run(["sh", "-c", script.fix]).succeeds();

      await run("chmod 666 /opt/leaky/web.py").succeeds();
      const after = (await audit("--json")).fails(1).json();
      // Which was open until then, of what was told.
      await world.holdfast("history leaky --json").says("an audit does not find it any more");
      const gone = (after.gone as Finding[]).map(({ id }) => id);
      expect(gone).toEqual(expect.arrayContaining([...fixes, "audit/root-code-writable"]));
      const fresh = (after.findings as Finding[])
        .filter((one) => one.new)
        .map(({ id, where }) => `${id} ${where}`);
      expect(fresh).toContain("audit/code-writable /opt/leaky/web.py");
      await run("chmod 644 /opt/leaky/web.py").succeeds();
      (await audit()).says(/gone: .*\/opt\/leaky\/web\.py/);
    },
  );

  story(
    "keeps an accepted finding on the list, with who, why and until when, and does not fail for it",
    { covers: "A-79, O-89" },
    async ({ holdfast, run }) => {
      await run(
        `rm -r ${dropIn} /opt/leaky/.git /opt/leaky/data/open /opt/leaky/package-lock.json /etc/cron.d/nightly`,
      ).succeeds();
      await holdfast("apply", { directory: "/opt/leaky" }).succeeds();
      await run("systemctl restart leaky-web.service").succeeds();
      const quick = (await audit("leaky", "--quick", "--json")).succeeds().json();
      expect((quick.gone as Finding[]).map(({ id }) => id)).toContain("audit/listener-undeclared");
      // The journal was not looked at, so what it has is not gone.
      expect((quick.gone as Finding[]).map(({ id }) => id)).not.toContain("audit/secret-in-journal");

      (await audit("leaky")).fails(1).says("audit/secret-in-journal");
      const accept = ["audit", "accept", "audit/secret-in-journal", "--why", "the old password", "--until"];
      (await holdfast([...accept, "9999d"])).fails(2);
      (await holdfast([...accept, "30d"])).succeeds().says("Accepted until");
      (await audit("leaky")).succeeds().says(/accepted until \d{4}-\d\d-\d\d by .*: the old password/);
      (await audit("leaky", "--fail-on", "info")).says("1 accepted");
      (await audit("leaky", "--fail-on", "nonsense")).fails(2);
    },
  );

  story(
    "runs for whoever may not see all of it, and says what that is",
    { covers: "A-77" },
    async ({ run }) => {
      const argv = ["setpriv", "--reuid=ann", "--regid=ann", "--clear-groups", "env", "-C", "/opt/leaky"];
      const result = await run([
        ...argv,
        "HOME=/home/ann",
        `${checkout}/bin/holdfast`,
        "audit",
        "--quick",
        "--json",
      ]);
      said.push(result);
      const report = result.json();
      const unknown = (report.unknown as { what: string }[]).map(({ what }) => what);
      expect(unknown).toContain("what is installed");
      expect(unknown).toContain("where the application's own secrets are");
      expect(unknown).toContain("ports of leaky-web.service");
      expect(report.apps).toEqual(["leaky"]);
      expect(report.stored).toBe(false);
    },
  );

  story(
    "runs by itself as a job, and what it finds is on record",
    { covers: "A-79, C-52, C-124" },
    async ({ host, holdfast, run }) => {
      await host.write(
        "/opt/watch/holdfast.yaml",
        `
app: host-audit
user: root
allow-root: reads files, processes and logs of every application
directory: /opt/watch
zone: UTC
job-defaults: { hardening: off, timeout: 10m }
jobs:
  quick: { run: ${checkout}/bin/holdfast audit --quick --fail-on never, at: "06:00" }
  full: { run: ${checkout}/bin/holdfast audit --fail-on never, at: "Mon 04:00" }
`,
      );
      await holdfast("apply", { directory: "/opt/watch" }).succeeds();
      const next = await run("systemctl show --property=NextElapseUSecRealtime host-audit-full.timer");
      expect(next.stdout).toMatch(/=Mon .* 04:00:00/);
      await run("chmod 666 /opt/leaky/web.py").succeeds();
      await holdfast("run host-audit/quick").succeeds();
      // The run has recorded it, so it is not new any more.
      const { findings } = (await audit("leaky", "--quick", "--json")).fails(1).json();
      const open = (findings as Finding[]).find(({ where }) => where === "/opt/leaky/web.py");
      expect(open).toMatchObject({ id: "audit/code-writable", new: false });
      await run("chmod 644 /opt/leaky/web.py").succeeds();
    },
  );

  story("never says or keeps a secret", { covers: "O-79" }, async ({ run }) => {
    expect(said.length).toBeGreaterThan(5);
    for (const canary of Object.values(canaries)) {
      for (const { command, stdout, stderr } of said)
        expect(`${stdout}${stderr}`.includes(canary), command).toBe(false);
      await run(["grep", "-r", "--text", "--files-with-matches", canary, "/var/lib/holdfast"]).fails(1);
    }
  });
});

async function audit(...args: string[]): Promise<Result> {
  const result = await world.holdfast(["audit", ...args]);
  said.push(result);
  return result;
}
