import { expect, test } from "vitest";
import { auditBackups } from "./backups.ts";
import { auditCode } from "./code.ts";
import { auditCredentials } from "./credentials.ts";
import { auditEnvFiles } from "./env-files.ts";
import { auditSearchPaths } from "./search-path.ts";
import { auditState } from "./state.ts";
import { ann, appOf, auditOf, bot, lines, type Entry } from "./test-host.ts";
import { readTree } from "./tree.ts";
import { walkPath } from "./walk-path.ts";

const env = "/opt/app/.env";
const withEnv = (entry: Entry, more: Record<string, Entry> = {}) =>
  auditEnvFiles(auditOf({ [env]: { text: "A=1", ...entry }, ...more }), appOf({ envFiles: [env] }));

test("an environment file is for root alone; a group counts by who is in it", async () => {
  expect(lines(await withEnv({ mode: 0o600 }))).toEqual([]);
  expect(lines(await withEnv({ mode: 0o644 }))).toEqual([`error env-file-readable ${env}`]);
  expect(lines(await withEnv({ mode: 0o640, gid: 500 }))).toEqual([`error env-file-readable ${env}`]);
  // Nobody is in it today.
  expect(lines(await withEnv({ mode: 0o640, gid: 501 }))).toEqual([`warning env-file-readable ${env}`]);
  expect(lines(await withEnv({ mode: 0o640, gid: 100 }))).toEqual([`warning env-file-readable ${env}`]);
  expect(lines(await withEnv({ mode: 0o644 }, { "/opt/app": { mode: 0o700 } }))).toEqual([
    `warning env-file-readable ${env}`,
  ]);
  expect(lines(await withEnv({ mode: 0o600, uid: bot }))).toEqual([`warning env-file-of-service ${env}`]);
  const group = await withEnv({ mode: 0o660, gid: 500 });
  expect(lines(group)).toEqual([`error env-file-readable ${env}`, `error env-file-writable ${env}`]);
  expect(group.findings[1]).toMatchObject({
    says: `${env} may be changed by group dev (ann, ben)`,
    fix: `chmod g-w ${env}`,
  });
});

test("an environment file that this account may not see is unknown", async () => {
  expect(await withEnv({ trouble: "EACCES" })).toMatchObject({
    findings: [],
    unknown: [{ what: env, why: "this account may not look at it" }],
  });
});

test("a file in somebody's home has to move, and only that is said", async () => {
  const path = "/home/ann/app/.env";
  const found = await auditEnvFiles(
    auditOf({
      "/home/ann": { uid: ann },
      "/home/ann/app": { uid: ann },
      [path]: { text: "", mode: 0o600, uid: ann },
    }),
    appOf({ envFiles: [path] }),
  );
  expect(lines(found)).toEqual([`error env-file-writable ${path}`]);
  expect(found.findings[0]!.fix).toMatch(
    /^install -D -o root -g root -m 600 \/home\/ann\/app\/\.env \/etc\/app\/web\.env,/,
  );
});

const command = (path: string, words: readonly string[] = [], asRoot = false) => ({
  commands: [{ key: "ExecStart", path, argv: [path, ...words], asRoot }],
});

test("whoever may change a program, its script, its interpreter or a directory on the way is found", async () => {
  const files: Record<string, Entry> = {
    "/opt/app/run.sh": { text: "#!/opt/tools/sh\n", mode: 0o755 },
    "/opt/tools/sh": { text: "\x7fELF", mode: 0o775, gid: 500 },
    "/opt/app/main.py": { text: "", mode: 0o646 },
    "/opt/app/lib/other.py": { text: "", mode: 0o664, gid: 500 },
  };
  const found = await auditCode(auditOf(files), appOf({}, command("/opt/app/run.sh", ["main.py"])));
  expect(lines(found)).toEqual([
    // For what no command names.
    "error code-writable /opt/app/**",
    "error code-writable /opt/app/main.py",
    "error code-writable /opt/tools/sh",
  ]);
  const asRoot = await auditCode(auditOf(files), appOf({}, command("/opt/app/run.sh", ["main.py"], true)));
  expect(lines(asRoot)).toContain("critical root-code-writable /opt/tools/sh");
});

test("links are walked through: the directory of a link in the middle counts", async () => {
  const audit = auditOf({
    "/opt/app/venv": { link: "/srv/venvs/app" },
    "/srv/venvs/app": { link: "../python" },
    "/srv/venvs": { uid: ann },
    "/srv/python/bin/python": { text: "\x7fELF", mode: 0o755 },
  });
  const walked = await walkPath(audit.look, "/opt/app/venv/bin/python");
  expect(walked.end).toBe("/srv/python/bin/python");
  expect(walked.steps.map(({ path }) => path)).toContain("/srv/venvs");
  expect(lines(await auditCode(audit, appOf({}, command("/opt/app/venv/bin/python"))))).toEqual([
    "error code-writable /opt/app/venv/bin/python",
  ]);
});

test("a circle of links ends, and is unknown", async () => {
  const audit = auditOf({ "/opt/app/a": { link: "b" }, "/opt/app/b": { link: "a" } });
  expect(await walkPath(audit.look, "/opt/app/a")).toMatchObject({
    end: null,
    trouble: "its links go round in a circle",
  });
  expect((await auditCode(audit, appOf({}, command("/opt/app/a")))).unknown).toMatchObject([
    { what: "/opt/app/a" },
  ]);
});

test("a service that owns its code is a warning, with a fix that leaves it what it writes", async () => {
  const found = await auditCode(
    auditOf({ "/opt/app": { uid: bot }, "/opt/app/run": { text: "\x7fELF", uid: bot, mode: 0o755 } }),
    appOf({}, command("/opt/app/run")),
  );
  expect(lines(found)).toEqual(["warning code-of-service /opt/app"]);
  expect(found.findings[0]!.fix).toBe("chown -R root: /opt/app && chown -R bot: /opt/app/data");
});

test("a sticky directory protects what is there, but not what root takes from it", async () => {
  const files = { "/tmp": { mode: 0o1777 }, "/tmp/run": { text: "\x7fELF", mode: 0o755 } };
  expect(lines(await auditCode(auditOf(files), appOf({}, command("/tmp/run"))))).toEqual([]);
  const asRoot = await auditCode(auditOf(files), appOf({}, command("/tmp/run", [], true)));
  expect(lines(asRoot)).toEqual(["error root-code-writable /tmp/run"]);
  expect(asRoot.findings[0]!.fix).not.toContain("chmod");
  const missing = await auditCode(auditOf({ "/tmp": { mode: 0o1777 } }), appOf({}, command("/tmp/run")));
  expect(missing.findings[0]).toMatchObject({ severity: "error", where: "/tmp" });
  expect(missing.findings[0]!.fix).not.toContain("chmod");
});

test("what a service writes is not taken for code", async () => {
  const files = {
    "/opt/app/data": { uid: bot, mode: 0o700 },
    "/opt/app/data/plan": { text: "", uid: bot, mode: 0o666 },
  };
  expect(lines(await auditCode(auditOf(files), appOf({}, command("/usr/bin/x", ["data/plan"]))))).toEqual([]);
});

test("directories in PATH: others may not write there, and the service should not", async () => {
  const found = (path: string, files: Record<string, Entry>, user = "bot") => {
    const app = appOf({}, { environment: new Map([["PATH", path]]) });
    return auditSearchPaths(auditOf(files), { ...app, desired: { ...app.desired, user } });
  };
  expect(lines(await found("/usr/bin:/bin", { "/usr/bin/x": { text: "" } }))).toEqual([]);
  expect(lines(await found("/opt/app/bin", { "/opt/app/bin": { mode: 0o777 } }))).toEqual([
    "error path-writable /opt/app/bin",
  ]);
  expect(lines(await found("/opt/app/bin", { "/opt/app/bin": { uid: bot } }))).toEqual([
    "warning path-writable /opt/app/bin",
  ]);
  expect(lines(await found("/opt/app/bin", { "/opt/app/bin": { uid: ann } }, "root"))).toEqual([
    "critical path-writable /opt/app/bin",
  ]);
  expect(lines(await found("bin:", {}))).toEqual([
    "warning path-writable web PATH (empty)",
    "warning path-writable web PATH bin",
  ]);
  const shared = await found("/tmp", { "/tmp": { mode: 0o1777 } });
  expect(shared.findings[0]!.fix).toBe(
    "take /tmp out of PATH: env.set in holdfast.yaml, then holdfast apply",
  );
});

test("state and credentials are for the service alone", async () => {
  const state = (entry: Entry, more: Record<string, Entry> = {}) =>
    auditState(auditOf({ "/opt/app/data": entry, ...more }), appOf());
  expect(lines(await state({ uid: bot, mode: 0o750, gid: 100 }))).toEqual([]);
  expect(lines(await state({ uid: bot, mode: 0o755 }))).toEqual(["warning state-readable /opt/app/data"]);
  expect(
    lines(await state({ uid: bot, mode: 0o700 }, { "/opt/app/data/x": { text: "", uid: bot, mode: 0o666 } })),
  ).toEqual(["error state-writable /opt/app/data/**"]);
  const secrets = [{ id: "KEY", source: "/etc/app/key", encrypted: null }];
  const credential = (entry: Entry, more: Record<string, Entry> = {}) =>
    auditCredentials(auditOf({ "/etc/app/key": { text: "x", ...entry }, ...more }), {
      ...appOf(),
      desired: { ...appOf().desired, services: [{ ...appOf().desired.services[0]!, secrets }] },
    });
  expect(lines(await credential({ mode: 0o600 }))).toEqual([]);
  expect(lines(await credential({ mode: 0o644 }))).toEqual(["critical credential-readable /etc/app/key"]);
  expect(lines(await credential({ mode: 0o644 }, { "/etc/app": { mode: 0o700 } }))).toEqual([
    "warning credential-readable /etc/app/key",
  ]);
});

test("backups that others may read are found by their names, where they usually are", async () => {
  const found = await auditBackups(
    auditOf({
      "/opt/app/backups/monday/trades.db": { text: "x" },
      "/opt/app/.env.bak": { text: "x" },
      "/opt/app/notes.old": { text: "x" },
      "/opt/app/shut.bak": { text: "x", mode: 0o600 },
      "/opt/app/backup.py.txt": { text: "x" },
      "/opt/app/venv/lib/x.bak": { text: "x" },
      "/var/backups/app-2026.tar.gz": { text: "x" },
      "/var/backups/apple/x": { text: "x" },
    }),
    appOf(),
  );
  expect(lines(found)).toEqual([
    "error backup-readable /opt/app/.env.bak",
    "error backup-readable /opt/app/backups/monday/trades.db",
    "warning backup-readable /opt/app/notes.old",
    "warning backup-readable /var/backups/app-2026.tar.gz",
  ]);
});

test("a large tree is read up to a number of files, and that is said", async () => {
  const files = Object.fromEntries(
    Array.from({ length: 300 }, (_, at) => [`/opt/app/d${at % 7}/f${at}`, { text: "" }]),
  );
  const { look } = auditOf({ ...files, "/opt/app/d0/again": { link: ".." } });
  expect(await readTree(look, "/opt/app", { most: 1000 })).toMatchObject({ left: null });
  const cut = await readTree(look, "/opt/app", { most: 100 });
  expect(cut.entries).toHaveLength(100);
  expect(cut.left).toBe("only the first 100 files below /opt/app were looked at");
});
