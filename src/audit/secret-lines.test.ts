import { expect, test } from "vitest";
import { Secret } from "../value/secret.ts";
import { isSecretVariable, makeFindSecrets } from "./secret-lines.ts";

const find = makeFindSecrets([{ name: "WALLET_KEY", value: new Secret("c4nary-wallet-9f81") }]);
const kinds = (text: string): string[] => find(text).map(({ line, kind }) => `${line} ${kind}`);

test("a value of the application is found wherever it is, also encoded, and named without being shown", () => {
  expect(find("a\nkey is c4nary-wallet-9f81\n")).toEqual([
    { line: 2, kind: "the value of WALLET_KEY", known: true },
  ]);
  expect(kinds(Buffer.from("x c4nary-wallet-9f81 y").toString("base64"))).toEqual([
    "1 the value of WALLET_KEY",
  ]);
});

test("keys that are written down are found", () => {
  expect(kinds('API_KEY = "f81d4fae7dec11d0a765"')).toEqual(["1 a value for API_KEY"]);
  expect(kinds("token: ghp_abcdefghijklmnop1234")).toEqual(["1 a token of a known provider"]);
  expect(kinds("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----")).toEqual([
    "1 a private key",
  ]);
  expect(kinds("DATABASE_URL=postgres://bot:s3cr1t-pw@db/x")).toEqual(["1 a password in an address"]);
  expect(kinds("Environment=AWS_SECRET=wJalrXUtnFEMI7K7MDENG")).toEqual(["1 a value for AWS_SECRET"]);
});

test("code that only talks of secrets is left alone", () => {
  for (const line of [
    'token = os.environ["API_TOKEN"]',
    "password = getpass()",
    "items.sort(key=lambda item: item.price2)",
    "WALLET_KEY=/etc/polybot/wallet.key",
    "API_KEY=changeme",
    "secret: $SECRET_1",
    "const key = makeKey(app, service);",
    "API_TOKEN=<your token here 123>",
    "token: Token12",
    "passwordField = document1.getElementById",
    "https://user@example.org/x",
    "key: string;",
  ])
    expect(kinds(line), line).toEqual([]);
});

test("variables are secret by their name or their value", () => {
  expect(isSecretVariable("API_TOKEN", "abcdefgh")).toBe(true);
  expect(isSecretVariable("WALLET_KEY", "correct horse")).toBe(true);
  expect(isSecretVariable("RPC", "https://u:pa55word@x.example")).toBe(true);
  expect(isSecretVariable("MARKET_URL", "http://127.0.0.1:9100")).toBe(false);
  expect(isSecretVariable("API_TOKEN", "")).toBe(false);
  expect(isSecretVariable("KEY_FILE", "/etc/polybot/wallet.key")).toBe(false);
  expect(isSecretVariable("MONKEY_NAME", "curious-george")).toBe(false);
});
