import { expect, test } from "vitest";
import { hideShapes, KeyLines } from "./secret-shapes.ts";

const canary = "c4n4ryV4lue0123456789";
const jwt = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${canary}`;

test.each([
  `bot --token=${canary} --live`,
  `bot --token ${canary} --live`,
  `bot --db-password "${canary} and more" --live`,
  `bot -pass ${canary}`,
  `bot\0--api-key\0${canary} with blanks\0--live\0`,
  `bot\0--password=two ${canary}\0--live\0`,
  `env\0DB_PASSWORD=two ${canary}\0bot\0`,
  `Authorization: Bearer ${canary}`,
  `authorization: Basic ${canary}==`,
  `Authorization: Digest username="a", response="${canary}"`,
  `{"Authorization":"Bearer ${canary}","x":1}`,
  String.raw`{\"authorization\":\"${canary}\"}`,
  `Cookie: session=a; other=${canary}`,
  `sent bearer ${canary} and failed`,
  `postgres://app:${canary}@db.example/app`,
  `postgres://app:p@${canary}@db.example/app`,
  `redis://:${canary}@127.0.0.1:6379`,
  `GET /v1?limit=1&key=${canary}&x=2`,
  `GET /v1?api_key=${canary}`,
  `API_TOKEN=${canary}`,
  `client_secret = '${canary}'`,
  `{:token=>"${canary}"}`,
  `{"access_token": "${canary}", "x": 1}`,
  String.raw`{"password":"quoted \" and ${canary}"}`,
  String.raw`"{\"api_key\":\"${canary}\"}"`,
  `{'secret': '${canary}'}`,
  `api_key: ${canary}`,
  `X-Api-Key: ${canary}`,
  `-----BEGIN RSA PRIVATE KEY-----\n${canary}\n-----END RSA PRIVATE KEY-----`,
  `-----BEGIN PRIVATE KEY-----\n${canary}`,
  `xoxb-1234-${canary}`,
  `xapp-1-A-${canary}`,
  `ghp_${canary}`,
  `github_pat_${canary}`,
  `sk_live_${canary}`,
  `sk-proj-${canary}`,
  `hooks.slack.com/services/T000/B000/${canary}`,
  `https://discord.com/api/webhooks/1234/${canary}`,
  jwt,
  `https://api.telegram.org/bot123456789:${canary.padEnd(35, "x")}/getUpdates`,
])("hides: %s", (text) => {
  const { text: shown, count } = hideShapes(text);
  expect(shown).not.toContain(canary);
  expect(shown).toContain("[hidden]");
  expect(count).toBeGreaterThan(0);
});

test("AKIAABCDEFGHIJKLMNOP is hidden", () => {
  expect(hideShapes("with AKIAABCDEFGHIJKLMNOP failed").text).toBe("with [hidden] failed");
});

test.each([
  "beat of bot has failed: no beat for 31 s, over 30 s",
  "invalid token: expected a number",
  "SyntaxError: Unexpected token '<', \"<html>\" is not valid JSON",
  "GET https://example.org/a@b?monkey=1 200",
  "node dist/main.js --config /etc/bot.yaml --port 8080",
  "key: value",
  "the author: anna",
  "2026-11-30 09:00:00 status installed libssl3:amd64 3.0.15-1~deb12u1",
  "token == expected",
  "--secret-file /etc/secret",
  `sha256 ${"0f".repeat(32)}`,
])("leaves as it is: %s", (text) => {
  expect(hideShapes(text)).toEqual({ text, count: 0 });
});

test("what stays around a secret is still to be read", () => {
  expect(hideShapes(`postgres://app:${canary}@db.example/app`).text).toBe(
    "postgres://[hidden]@db.example/app",
  );
  expect(hideShapes(`GET /v1?limit=1&key=${canary}&x=2`).text).toBe("GET /v1?limit=1&key=[hidden]&x=2");
  expect(hideShapes(`{"token": "${canary}", "x": 1}`).text).toBe('{"token": "[hidden]", "x": 1}');
});

test("the lines of a private key are hidden to its end, of each writer by itself", () => {
  const keys = new KeyLines();
  const lines = ["-----BEGIN PRIVATE KEY-----", canary, "-----END PRIVATE KEY-----", "goes on"];
  const shown = lines.map((line) => {
    expect(keys.take(2, "of another")).toBe("of another");
    return keys.take(1, line);
  });
  expect(shown).toEqual(["-----BEGIN PRIVATE KEY-----", "[hidden]", "[hidden]", "goes on"]);
});

test.each([
  "token=",
  "--token ",
  "eyJaaaaaaaa.",
  "eyJaaaaaaaa-",
  "a://b",
  "aaaa@",
  '"token":"\\',
  "authorization: ",
  "1234567890:",
  "-----BEGIN PRIVATE KEY-----",
  "xoxb-",
  "--a-b-c-d-",
  "a",
  "api_key: a",
  'token="',
  "\0--pass\0",
  "\0aaaa",
])("no text makes it slow: %s many times", (part) => {
  const began = performance.now();
  hideShapes(part.repeat(Math.ceil(500_000 / part.length)));
  // A quadratic one takes minutes.
  expect(performance.now() - began).toBeLessThan(8000);
});
