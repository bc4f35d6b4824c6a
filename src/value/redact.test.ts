import { expect, test } from "vitest";
import { makeRedact } from "./redact.ts";
import { Secret } from "./secret.ts";

const redact = (values: Record<string, string>, shapes = false) => {
  const hidden = Object.entries(values).map(([name, value]) => ({ name, value: new Secret(value) }));
  const made = makeRedact(hidden, { shapes });
  return (text: string) => made(text).text;
};

test("a value is replaced by its name, and counted", () => {
  const made = makeRedact([{ name: "KEY", value: new Secret("hunter2hunter2") }], { shapes: false });
  expect(made("a hunter2hunter2 b hunter2hunter2")).toEqual({ text: "a [KEY] b [KEY]", count: 2 });
  expect(made("nothing")).toEqual({ text: "nothing", count: 0 });
});

test("of a value within another one nothing is left", () => {
  expect(redact({ A: "abcdefgh", B: "abcdefgh-and-more" })("x abcdefgh-and-more")).toBe("x [B]");
});

const value = 'pass "word"/ä+1';

test.each([
  ["JSON", JSON.stringify({ value })],
  ["JSON within JSON", JSON.stringify(JSON.stringify({ value }))],
  ["an address", `/?value=${encodeURIComponent(value)}`],
  ["an address in small letters", `/?value=${encodeURIComponent(value).toLowerCase()}`],
  ["a form", new URLSearchParams({ value }).toString()],
  ["base64", Buffer.from(value).toString("base64")],
  ["base64 for addresses", Buffer.from(value).toString("base64url")],
  ["base64 after one byte", Buffer.from(`x${value}`).toString("base64")],
  ["base64 after two bytes, and more behind", Buffer.from(`xy${value}, and more`).toString("base64")],
  ["a header", `Authorization: Basic ${Buffer.from(`user:${value}`).toString("base64")}`],
])("a value is found in %s", (_, text) => {
  const shown = redact({ PASSWORD: value })(`before ${text} after`);
  expect(shown).toContain("[PASSWORD]");
  expect(shown).toMatch(/^before .* after$/);
  for (let at = 0; at + 4 <= value.length; at += 1) expect(shown).not.toContain(value.slice(at, at + 4));
  const long = /[\w+/-]{9,}={0,2}/g;
  for (const [run] of shown.matchAll(long))
    expect(Buffer.from(run, "base64").toString()).not.toContain("word");
});

test("a value of several lines is found line by line", () => {
  const key =
    "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49\nAgEGCCqGSM49AwEHBG0w\n-----END PRIVATE KEY-----\n";
  expect(redact({ KEY: key })("read MIGHAgEAMBMGByqGSM49 from it")).toBe("read [KEY] from it");
});

test("the password of an address, and hexadecimal without its mark", () => {
  const hide = redact({ DB: "postgres://app:s3cr3t-pw@db/app", KEY: `0x${"ab12".repeat(16)}` });
  expect(hide("authentication failed with s3cr3t-pw")).toBe("authentication failed with [DB]");
  expect(hide(`signing with ${"ab12".repeat(16)}`)).toBe("signing with [KEY]");
});

test("what is known keeps its name where its shape would hide it, too", () => {
  const hide = redact({ API_TOKEN: "abcdefgh1234" }, true);
  expect(hide("--token=abcdefgh1234 token=other")).toBe("--token=[API_TOKEN] token=[hidden]");
});
