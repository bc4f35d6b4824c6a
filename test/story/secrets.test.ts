import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect } from "vitest";
import type { Result } from "./result.ts";
import { sharedHost, story } from "./story.ts";

// Where a secret is, and where it is not. The canaries are looked for everywhere on the host (programs/find_text.py), and
// in everything that holdfast ever said here.

const number = randomInt(2 ** 40);
const canary = `canary-${number}-token`;
const later = `canary-${number}-later`;
const inFile = `canary-${number}-variable`;
const service = "vault-keeper.service";
const loaded = `/run/credentials/${service}/TOKEN`;
const encrypted = "/etc/credstore.encrypted/holdfast.vault.keeper.TOKEN";

const spec = `
app: vault
user: vault
directory: /opt/vault
services:
  keeper:
    run: /usr/bin/python3 daemon.py 9501 keeper
    env: { file: .env, require: [API_URL, PASSWORD] }
    secrets: { TOKEN: /etc/vault/token }
    writes: [keeper]
    ready: { http: "http://127.0.0.1:9501/" }
  neighbour:
    run: /usr/bin/python3 daemon.py 9502 neighbour
    writes: [neighbour]
    ready: { http: "http://127.0.0.1:9502/" }
`;

const said: Result[] = [];
const world = sharedHost({
  name: "vault",
  setUp: async ({ host, run }) => {
    // Somebody's home has too many files to look through.
    await run("mount -t tmpfs none /root").succeeds();
    const programs = join(import.meta.dirname, "programs");
    await host.write("/opt/vault/daemon.py", await readFile(join(programs, "daemon.py"), "utf8"));
    await host.write("/usr/local/bin/find_text.py", await readFile(join(programs, "find_text.py"), "utf8"));
    await host.write("/opt/vault/holdfast.yaml", spec);
    await host.write("/opt/vault/.env", `API_URL=http://127.0.0.1:1/\nPASSWORD=${inFile}\n`, 0o600);
    await host.write("/etc/vault/token", canary, 0o600);
    await holdfast("apply").then((result) => result.succeeds());
  },
});

describe("a secret", () => {
  story(
    "is in its own file and in the credential of its service, and nowhere else",
    { covers: "P-10, O-69, O-79" },
    async () => {
      for (const command of [
        "plan",
        "plan --json --out /root/plan.json",
        "compile --explain",
        "compile --json",
        "status",
        "status --json",
        "doctor",
        "doctor --json",
        "inspect --json",
        "graph --json",
        "logs",
        "logs --json",
        "diagnose --json",
        "history --json",
        "restart vault --json",
        "apply --json",
      ])
        (await holdfast(command)).succeeds();

      expect(await placesOf(canary)).toEqual(["/etc/vault/token", loaded]);
      expect(await placesOf(inFile)).toEqual(["/opt/vault/.env", "environ of a process"]);
      expect(spoken(canary)).toEqual([]);
      expect(spoken(inFile)).toEqual([]);
    },
  );

  story("would be found if it were anywhere else", {}, async ({ host, run, unit }) => {
    const planted = canary.replace("token", "planted");
    const files = [
      "/etc/systemd/system/leak.service",
      "/tmp/leak",
      "/var/lib/holdfast/apps/vault/generations/1/leak.json",
    ];
    for (const path of files) await host.write(path, `{ "leak": "${planted}" }`);
    const program = `/usr/bin/python3 -c "import signal; signal.pause()" ${planted}`;
    await host.write(files[0]!, `[Service]\nEnvironment=LEAK=${planted}\nExecStart=${program}\n`);
    await run("systemctl daemon-reload").succeeds();
    await run("systemctl start leak.service").succeeds();
    await unit("leak.service").waitFor("active/running");
    await run(["logger", `leak: ${planted}`]).succeeds();
    await run("journalctl --sync").succeeds();

    expect(await placesOf(planted)).toEqual([
      ...files,
      "cmdline of a process",
      "environ of a process",
      "the journal",
      "the properties of units",
      "the units",
    ]);
    said.push(await run(["echo", planted]));
    expect(spoken(planted)).toEqual([`echo ${planted}`]);
  });

  story(
    "is seen by its service alone: not by others, not by another service of the same account",
    { covers: "O-69, P-24" },
    async ({ run, unit }) => {
      await run(`stat --format=%U:%a /run/credentials/${service}`).says("vault:500");
      await run(["setpriv", "--reuid=daemon", "--clear-groups", "cat", loaded]).fails();

      const as = async (name: string, user: string): Promise<string> => {
        const pid = await unit(name).show("MainPID");
        const enter = ["nsenter", "--target", pid, "--mount", "setpriv", `--reuid=${user}`, "--clear-groups"];
        return (await run([...enter, "cat", loaded])).stdout;
      };
      expect(await as(service, "vault")).toBe(canary);
      expect(await as("vault-neighbour.service", "vault")).toBe("");
    },
  );

  story("is kept in a copy that only this host can read", { covers: "O-69" }, async ({ host, run }) => {
    await run(`stat --format=%U:%G:%a ${encrypted}`).says("root:root:600");
    expect(await host.read(encrypted)).not.toContain(canary);
    const decrypted = await run(["systemd-creds", "--name=TOKEN", "decrypt", encrypted, "-"]).succeeds();
    expect(decrypted.stdout).toBe(canary);
    // Under another name it is no good: the copy is bound to what it is for.
    await run(["systemd-creds", "--name=OTHER", "decrypt", encrypted, "-"]).fails();
  });

  story(
    "that changes is encrypted again, and the service is restarted to have it",
    { covers: "O-79" },
    async ({ host, unit }) => {
      const [pid, neighbour] = [await mainPid("keeper"), await mainPid("neighbour")];
      await host.write("/etc/vault/token", later, 0o600);
      const plan = (await holdfast("plan")).succeeds();
      plan.says(/! vault-keeper\.service +restart, about 2 s down: its secret TOKEN has changed/);
      plan.says("secret TOKEN  encrypted for this host from /etc/vault/token");
      plan.doesNotSay("vault-neighbour");

      (await holdfast("apply")).succeeds();
      expect(await mainPid("keeper")).not.toBe(pid);
      expect(await mainPid("neighbour")).toBe(neighbour);
      expect(await placesOf(later)).toEqual(["/etc/vault/token", loaded]);
      expect(await placesOf(canary)).toEqual([]);
      expect(spoken(later)).toEqual([]);
      (await holdfast("apply")).says("Nothing to change for vault");

      // The copy was renewed by hand, and the process has the older one.
      await host.write("/etc/vault/token", canary, 0o600);
      await world.run(["systemd-creds", "--name=TOKEN", "encrypt", "/etc/vault/token", encrypted]).succeeds();
      (await holdfast("plan")).says("its secret TOKEN has changed");
      (await holdfast("apply")).succeeds();
      expect(await placesOf(canary)).toEqual(["/etc/vault/token", loaded]);
      await unit(service).is("active/running");
    },
  );

  story(
    "is taken back with an apply that fails, and is in none of its words",
    { covers: "O-79" },
    async ({ host }) => {
      await host.write("/etc/vault/token", later, 0o600);
      const never = spec.replace('ready: { http: "http://127.0.0.1:9501/"', "ready: { tcp: 1, within: 1s");
      await host.write("/opt/vault/changed.yaml", never);
      (await holdfast("--file /opt/vault/changed.yaml apply")).fails(12).says("was not ready within 1 s");

      expect(await host.read(loaded)).toBe(canary);
      expect(await placesOf(later)).toEqual(["/etc/vault/token"]);
      expect(spoken(later)).toEqual([]);
      await host.write("/etc/vault/token", canary, 0o600);
    },
  );

  story("may be deleted once it is encrypted", { covers: "O-69" }, async ({ host, run }) => {
    await run("mv /etc/vault/token /root/token").succeeds();
    (await holdfast("apply")).says("Nothing to change for vault");
    await run(["systemctl", "restart", service]).succeeds();
    expect(await host.read(loaded)).toBe(canary);
    await run("mv /root/token /etc/vault/token").succeeds();
  });

  story(
    "that others can read, is empty or missing is refused before anything is touched",
    { covers: "O-69, O-79" },
    async ({ host, run }) => {
      const pid = await mainPid("keeper");
      const changed = spec.replace(
        "TOKEN: /etc/vault/token",
        "TOKEN: /etc/vault/token, OTHER: /etc/vault/other",
      );
      await host.write("/opt/vault/changed.yaml", changed);
      const refused = async (): Promise<Result> =>
        (await holdfast("--file /opt/vault/changed.yaml apply")).fails(1).says("Nothing was changed");

      (await refused()).says(
        'Cannot find the secret OTHER of service "keeper": /etc/vault/other does not exist',
      );
      await host.write("/etc/vault/other", "", 0o600);
      (await refused()).says('The secret OTHER of service "keeper" is empty: /etc/vault/other');
      await host.write("/etc/vault/other", `${canary}-other`, 0o644);
      (await refused()).says(
        "Others than its owner may read the secret OTHER: /etc/vault/other has mode 0644",
      );

      expect(await mainPid("keeper")).toBe(pid);
      await run("ls /etc/credstore.encrypted").doesNotSay("OTHER");
      await run("rm /etc/vault/other").succeeds();
    },
  );
});

describe("an environment file", () => {
  const lines = {
    "export-ignored": { text: `export PASSWORD=${inFile}\n`, says: /\.env:2:1: error: .*PASSWORD.*"export"/ },
    "comment-kept": {
      text: `PASSWORD=${inFile} # the main one\n`,
      says: /\.env:2:\d+: error: .*"#" in the value of PASSWORD/,
    },
    "not-an-assignment": {
      text: `PASSWORD=${inFile}\n${inFile}\n`,
      says: /\.env:3:1: error: Cannot read this line/,
    },
    missing: { text: "", says: /has no value for PASSWORD/ },
    empty: { text: "PASSWORD=\n", says: /has no value for PASSWORD/ },
  };
  for (const [name, { text, says }] of Object.entries(lines)) {
    story(
      `that would be read otherwise than it looks is refused, with its place and without values: ${name}`,
      { covers: "P-10, P-74, O-76" },
      async ({ host }) => {
        const pid = await mainPid("keeper");
        const before = await host.read("/opt/vault/.env");
        await host.write("/opt/vault/.env", `API_URL=http://127.0.0.1:1/\n${text}`, 0o600);
        await host.write(
          "/opt/vault/changed.yaml",
          spec.replace("require:", "set: { MODE: other }, require:"),
        );

        const refused = (await holdfast("--file /opt/vault/changed.yaml apply")).fails(1);
        refused.says(says).says("Nothing was changed").doesNotSay(inFile);
        expect(await mainPid("keeper")).toBe(pid);
        await host.write("/opt/vault/.env", before ?? "", 0o600);
      },
    );
  }

  story("that every account can read is refused", { covers: "O-69" }, async ({ host, run }) => {
    await host.write("/opt/vault/changed.yaml", spec.replace("require:", "set: { MODE: other }, require:"));
    await run("chmod 644 /opt/vault/.env").succeeds();
    const refused = (await holdfast("--file /opt/vault/changed.yaml apply")).fails(1);
    refused.says("Every account on the host may read the environment file /opt/vault/.env (mode 0644)");
    await run("chmod 600 /opt/vault/.env").succeeds();
  });

  story(
    "that changes restarts the service, and the plan names the variables",
    { covers: "O-25, P-67" },
    async ({ host }) => {
      const pid = await mainPid("keeper");
      await host.write("/opt/vault/.env", `API_URL=http://127.0.0.1:2/\nPASSWORD=${inFile}\n`, 0o600);
      (await holdfast("plan")).says(
        /! vault-keeper\.service +restart, about 2 s down: its variable API_URL has changed in \/opt\/vault\/\.env/,
      );
      (await holdfast("apply")).succeeds();
      expect(await mainPid("keeper")).not.toBe(pid);
      expect(await host.read(`/proc/${await mainPid("keeper")}/environ`)).toContain(
        "API_URL=http://127.0.0.1:2/",
      );
      (await holdfast("apply")).says("Nothing to change for vault");

      // Touched, but the same: no reason to restart.
      await host.write("/opt/vault/.env", `PASSWORD=${inFile}\nAPI_URL=http://127.0.0.1:2/\n`, 0o600);
      (await holdfast("apply")).says("Nothing to change for vault");
      expect(spoken(inFile)).toEqual([]);
    },
  );
});

/** In the application's directory; all it says is kept for the search. */
async function holdfast(command: string): Promise<Result> {
  const result = await world.holdfast(command, { directory: "/opt/vault" });
  said.push(result);
  return result;
}

/** The commands that have said it. */
function spoken(text: string): string[] {
  return said.filter(({ stdout, stderr }) => (stdout + stderr).includes(text)).map(({ command }) => command);
}

async function placesOf(text: string): Promise<string[]> {
  const found = await world.run("python3 /usr/local/bin/find_text.py", { stdin: text }).succeeds();
  return found.stdout.trim().split("\n").filter(Boolean);
}

function mainPid(name: string): Promise<string> {
  return world.unit(`vault-${name}.service`).show("MainPID");
}
