import { expect, test } from "vitest";
import { readRecording } from "./recordings.ts";

const entry = (url: string, response: object) => ({
  request: { method: "get", url, headers: [] },
  response,
  time: 3,
});
const har = (entries: readonly object[]) => JSON.stringify({ log: { version: "1.2", creator: {}, entries } });

test("of a HAR come the answers of this host, without what belongs to one connection", () => {
  const text = har([
    entry("https://api.broker.example/v1/price?symbol=A", {
      status: 200,
      headers: [
        { name: "Content-Type", value: "application/json" },
        { name: "Content-Encoding", value: "gzip" },
        { name: "Set-Cookie", value: "session=1" },
      ],
      content: { text: '{"price":1}' },
    }),
    entry("https://api.broker.example/logo", {
      status: 200,
      headers: [],
      content: { text: "aGk=", encoding: "base64" },
    }),
    entry("https://ads.example/", { status: 200, headers: [], content: {} }),
    entry("https://api.broker.example/aborted", { status: 0, headers: [], content: {} }),
  ]);
  const { answers, diagnostics } = readRecording(text, "broker.har", "api.broker.example");
  expect(diagnostics).toEqual([]);
  expect(answers).toEqual([
    {
      method: "GET",
      path: "/v1/price?symbol=A",
      status: 200,
      headers: { "content-type": "application/json" },
      body: btoa('{"price":1}'),
    },
    { method: "GET", path: "/logo", status: 200, headers: {}, body: "aGk=" },
  ]);
});

test("a YAML file has answers as the spec has them, and its mistakes have their place", () => {
  const good = readRecording("answers:\n  - { path: /v1/*, status: 404 }\n", "broker.yaml", "x");
  expect(good.written).toEqual([{ path: "/v1/*", status: 404 }]);
  const bad = readRecording("answers:\n  - { path: v1, stauts: 404 }\n", "broker.yaml", "x");
  expect(bad.diagnostics.map(({ code, at }) => [code, at?.line])).toEqual(
    expect.arrayContaining([
      ["spec/unknown-key", 2],
      ["spec/bad-path", 2],
    ]),
  );
});

test("what is neither is refused", () => {
  expect(readRecording("{ not: json", "broker.har", "x").diagnostics).not.toEqual([]);
  expect(readRecording('{"log": {}}', "broker.har", "x").diagnostics).not.toEqual([]);
});
