import { expect, test } from "vitest";
import { makeRedact } from "../value/redact.ts";
import { Secret } from "../value/secret.ts";
import { makeFindSecrets } from "./secret-lines.ts";
import { secretArguments } from "./secrets-in-processes.ts";
import { secretsInUnit } from "./secrets-in-units.ts";

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
