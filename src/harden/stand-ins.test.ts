import { expect, test } from "vitest";
import { standInFor, standInForEnv } from "./stand-ins.ts";

const half = () => 0.5;

test("a stand-in has the shape of the secret and nothing of it", () => {
  expect(standInFor("sk-Ab12-xyz", half)).toMatch(/^[a-z]{2}-[A-Z][a-z]\d{2}-[a-z]{3}$/);
  expect(standInFor("sk-Ab12-xyz", half)).not.toContain("Ab12");
  expect(standInFor("0x00ff00ff00ff", half)).toMatch(/^0x[0-9a-f]{12}$/);
  const key = "-----BEGIN PRIVATE KEY-----\nMIIabc\n-----END PRIVATE KEY-----\n";
  expect(standInFor(key, half)).toMatch(
    /^-----BEGIN PRIVATE KEY-----\n[A-Z]{3}[a-z]{3}\n-----END PRIVATE KEY-----\n$/,
  );
});

test("JSON stays JSON with the same keys", () => {
  const found = JSON.parse(standInFor('{"type":"service","id":7,"keys":["a1"]}', half)) as object;
  expect(Object.keys(found)).toEqual(["type", "id", "keys"]);
  expect(found).toMatchObject({ id: 7 });
  expect(standInFor(JSON.stringify(Array.from({ length: 64 }, (_, at) => at)), half)).toBe(
    JSON.stringify(Array.from({ length: 64 }, () => 128)),
  );
});

test("in a file of variables, what looks secret is replaced, and settings stay", () => {
  const file = 'MODE=live\nAPI_KEY="abc def 123"\nPORT=8000\nURL=postgres://bot:hunter22@db/x\n';
  const { text, names } = standInForEnv(file, ".env", half);
  expect(names).toEqual(["API_KEY", "URL"]);
  expect(text).toContain("MODE=live");
  expect(text).toContain("PORT=8000");
  expect(text).toContain("postgres://bot:");
  expect(text).not.toMatch(/abc def|hunter22/);
});
