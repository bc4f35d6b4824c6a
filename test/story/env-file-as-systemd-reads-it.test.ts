import { mkdir, writeFile } from "node:fs/promises";
import * as fc from "fast-check";
import { expect } from "vitest";
import { parseEnvFile } from "../../src/spec/env-file.ts";
import { checkBatch, oddText } from "./odd-text.ts";
import { sharedHost, story } from "./story.ts";

// Our reading of an environment file is the environment a process gets, for any file at all.
const world = sharedHost();

const known = [
  "A=1\\",
  "A='x",
  'A="x\\',
  "A=x\\\r\ny\n",
  "# c\\\nA=1\nB=2\n",
  "A=1 # n\n",
  "A\n=B\n",
  "A = 1 \n",
]
  .concat(["\uFEFFA=1\nB=2", "A=\uFFFF\nB=1", "#\uFFFF\nB=1", "A=1\0B=2", "#\\", "=\n==1\nA==", "A=x\\ \n"])
  .concat([
    "A='a' \"b\" c \n",
    "A=\\\nB=1",
    "A=1\rB=2",
    "export A=1\nA=2\nA B=3\n",
    'A="\\$x \\n \\` \\\\"\n',
  ])
  .concat(["A=1\nA=\n", `A=${"x".repeat(100_000)}`]);
const part = fc.constantFrom(
  ..."'\"\\ \t#;=$`\r".split(""),
  "\\\n",
  "\n",
  "word",
  "A=",
  "\\$",
  '\\"',
  "${X}",
);
const start = fc.constantFrom(
  "A=",
  "B=",
  "C_1=",
  "A =",
  "export A=",
  "B= ",
  " A=",
  "# ",
  ";A=",
  "1A=",
  "A",
  'B="',
  "C_1='",
);
const end = fc.constantFrom("\n", "\n", "\n", "\r\n", "\r", "", "\\\n", '"\n', "'\n");
const line = fc
  .tuple(start, fc.array(part, { maxLength: 8 }), end)
  .map(([start, parts, end]) => start + parts.join("") + end);
const file = fc.oneof(
  { weight: 6, arbitrary: fc.array(line, { maxLength: 6 }).map((lines) => lines.join("")) },
  { weight: 1, arbitrary: fc.tuple(line, oddText).map((parts) => parts.join("").toWellFormed()) },
);

story("every variable, and only those", {}, async ({ host, run }) => {
  await mkdir(`${host.root}/env/out`, { recursive: true });
  await host.write(
    "/etc/systemd/system/env@.service",
    "[Service]\nType=oneshot\nEnvironmentFile=/env/%i\nStandardOutput=file:/env/out/%i\nExecStart=/usr/bin/env -0\n",
  );
  const version = Number(/\d+/.exec((await host.run(["systemctl", "--version"])).stdout)?.[0]);
  await checkBatch(file, 500, async (batch) => {
    const files = [...known, ...batch];
    for (const [index, text] of files.entries()) await writeFile(`${host.root}/env/${index}`, text);
    // Some of them must fail, as systemd refuses the whole file.
    await run(["systemctl", "start", ...files.map((_, index) => `env@${index}.service`)]);
    for (const [index, text] of files.entries()) {
      const { values, diagnostics } = parseEnvFile(text, "any.env", { systemd: version });
      const refused = diagnostics.some(({ code }) => code === "env/bad-encoding");
      const read = Object.fromEntries([...values].map(([name, { value }]) => [name, value]));
      expect({ text, got: await environment(index) }).toEqual({ text, got: refused ? null : read });
    }
  });
});

/** What the process was given beyond what systemd gives to any, or null when it did not run. */
async function environment(index: number): Promise<Record<string, string> | null> {
  const output = await world.host.read(`/env/out/${index}`);
  if (!output) return null;
  const all = output
    .split("\0")
    .slice(0, -1)
    .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]);
  return Object.fromEntries(
    all.filter(([name = ""]) => !/^(PATH|LANG|INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_EXEC_PID)$/.test(name)),
  );
}
