import { expect, test } from "vitest";
import { makeRedact } from "../value/redact.ts";
import { Secret } from "../value/secret.ts";
import { makeFindSecrets } from "./secret-lines.ts";
import { secretArguments } from "./secrets-in-processes.ts";
import { secretsInUnit } from "./secrets-in-units.ts";
import { auditSecretsInGit } from "./secrets-in-git.ts";
import { ann, appOf, auditOf, lines } from "./test-host.ts";

const known = [{ name: "KEY", value: new Secret("c4nary-known-value") }];
const canary = "f81d4fae7dec11d0a765";

test("secrets in a unit are told by their directive, without the value", () => {
  const found = secretsInUnit(
    `# token: ${canary}
[Service]
Environment=MODE=live "API_TOKEN=${canary}" \\
  OTHER=c4nary-known-value URL=http://127.0.0.1:1/
SetCredential=pin:1234
SetCredentialEncrypted=pin:abcd
ExecStart=/bin/x --key c4nary-known-value
EnvironmentFile=/etc/app/token.env
Environment=KEY_FILE=/etc/app/key PASSWORD=
`,
    makeFindSecrets(known),
  );
  expect(found).toEqual([
    { directive: "a comment", kind: "a value for token" },
    { directive: "Environment=API_TOKEN", kind: "a secret value" },
    { directive: "Environment=OTHER", kind: "a secret value" },
    { directive: "SetCredential pin", kind: "the content of a credential" },
    { directive: "ExecStart=", kind: "the value of KEY" },
  ]);
  expect(JSON.stringify(found)).not.toMatch(/c4nary|f81d4/);
});

test("secrets among arguments are told by their flag; paths, numbers and flags without a value are none", () => {
  const redact = makeRedact(known, { shapes: false });
  const kinds = (...words: string[]): string[] => secretArguments(words.join("\0"), redact);
  expect(kinds("bot", "--api-token", canary)).toEqual(["a secret after --api-token"]);
  expect(kinds("bot", "--api-token=correct horse")).toEqual(["a secret after --api-token"]);
  expect(kinds("bot", "-x", "c4nary-known-value")).toEqual(["the value of KEY"]);
  expect(kinds("bot", "--key-file", "/etc/key", "--token-file=/etc/t", "--password", "/run/p")).toEqual([]);
  expect(kinds("python", "bot.py", "--port", "9100", "--seed", "1")).toEqual([]);
});

test("git: text that is tracked is read; links, binaries, what is large, gone or not to be seen is left, and nothing fails", async () => {
  const said: (readonly string[])[] = [];
  const audit = auditOf(
    {
      "/opt/app": { uid: ann, gid: ann },
      "/opt/app/settings.py": { text: `# x\nAPI_TOKEN = "${canary}"\n` },
      "/opt/app/own.py": { text: "x = 'c4nary-known-value'" },
      "/opt/app/image": { text: `\0token = "${canary}"` },
      "/opt/app/large.json": { text: `token = "${canary}"`, size: 1e9 },
      "/opt/app/link": { link: "/etc/secret" },
      "/etc/secret": { text: `token = "${canary}"` },
      "/opt/app/shut": { text: "", trouble: "EACCES" },
      "/opt/app/.env": { text: "" },
    },
    (argv) => {
      said.push(argv);
      const names = [
        "settings.py",
        "own.py",
        "image",
        "large.json",
        "link",
        "gone",
        "shut",
        ".env",
        "a\nb",
        "",
      ];
      return argv.includes("ls-files") ? { status: 0, stdout: names.join("\0") } : { status: 1 };
    },
  );
  const app = { ...appOf({ envFiles: ["/opt/app/.env"] }), known };
  const found = await auditSecretsInGit(audit, app);
  expect(lines(found)).toEqual([
    "critical secret-in-git /opt/app/own.py",
    "error env-file-in-git /opt/app/.env",
    "error secret-in-git /opt/app/settings.py",
  ]);
  expect(found.findings[2]!.says).toBe("/opt/app/settings.py:2: git tracks a value for API_TOKEN");
  expect(JSON.stringify(found)).not.toMatch(/c4nary|f81d4/);
  // As the owner of the directory, and with nothing that the repository could have run.
  expect(said[0]).toEqual(
    expect.arrayContaining([`--reuid=${ann}`, "core.fsmonitor=false", "core.hooksPath=/dev/null"]),
  );
});

test("git that is missing or does not answer makes it unknown; a directory without a repository is none", async () => {
  const run = (result: object) =>
    auditSecretsInGit(
      auditOf({ "/opt/app": {} }, () => result),
      appOf(),
    );
  expect(await run({ status: 128, stderr: "fatal: not a git repository" })).toEqual({
    findings: [],
    unknown: [],
  });
  expect((await run({ status: 127 })).unknown).toMatchObject([{ why: "git is not installed" }]);
  expect((await run({ status: null, signal: "SIGKILL" })).unknown).toMatchObject([
    { why: "git took too long" },
  ]);
});
