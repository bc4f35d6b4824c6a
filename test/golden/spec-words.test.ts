import { expect, test } from "vitest";
import { listKeys } from "../../src/spec/key-list.ts";
import { compileCase } from "./cases.ts";

// covers O-107: the describe part has no words that only systemd knows, so other targets can be made from it.
test("no key of the spec is a directive, and no value has to be written as in a unit file", () => {
  for (const { path, doc } of listKeys()) {
    const name = path.at(-1)!;
    // What the spec has no words for stands there as systemd reads it.
    if (path.includes("systemd")) continue;
    // What the spec has no words for stands there as systemd reads it.
    if (path.includes("systemd")) continue;
    if (name !== "NAME") expect(name).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    expect(`${name}: ${doc?.example}`).not.toMatch(/^\s*[A-Z][A-Za-z]+=|\[(Unit|Service|Install|Timer)\]/m);
  }
});

// covers O-42, O-78: one spec, two environments, and nothing differs but what the environment states.
test("an environment changes what it states and nothing else", () => {
  const spec = `app: oneiric
user: oneiric
directory: /opt/oneiric
services:
  oneiric:
    run: /usr/bin/python3 -m oneiric
    env: { set: { OTEL_SERVICE_NAME: oneiric, LOG_LEVEL: INFO } }
    limits: { memory: 2G, tasks: 512 }
environments:
  production:
    services: { oneiric: { env: { set: { OTEL_SERVICE_NAME: oneiric-production } }, limits: { memory: 4G } } }
`;
  const lines = (input: string) => compileCase(input).artifacts.flatMap(({ text }) => text.split("\n"));
  const basic = lines(spec);
  const production = lines(`# environment: production\n${spec}`);
  expect(production.filter((line) => !basic.includes(line))).toEqual([
    "Environment=OTEL_SERVICE_NAME=oneiric-production",
    "MemoryMax=4G",
  ]);
  expect(basic.filter((line) => !production.includes(line))).toEqual([
    "Environment=OTEL_SERVICE_NAME=oneiric",
    "MemoryMax=2G",
  ]);
  expect(basic).toHaveLength(production.length);
});
