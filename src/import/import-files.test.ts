import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { hasErrors } from "../report/diagnostic.ts";
import { parseSpec } from "../spec/parse-spec.ts";
import { importFiles, type ImportedFiles } from "./import-files.ts";
import type { ForeignFile } from "./imported.ts";
import { formats, type Format } from "./recognize.ts";

const options = { userScope: false, zone: "Europe/Berlin", account: "alice" };

function importText(path: string, text: string, from?: Format): ImportedFiles {
  const result = importFiles([{ path, text }], { ...options, from });
  for (const spec of result.specs)
    expect(hasErrors(parseSpec(spec.text, "x.yaml").diagnostics), spec.text).toBe(false);
  return result;
}

const golden = join(import.meta.dirname, "../../test/golden/import");
const inputs = readdirSync(golden)
  .filter((name) => name.endsWith(".txt"))
  .flatMap((name): ForeignFile[] =>
    readFileSync(join(golden, name), "utf8")
      .split("-".repeat(78))[0]!
      .split(/^(?===[>|] )/m)
      .filter((part) => part.startsWith("==> "))
      .map((part) => part.slice(4))
      .map((part) => ({ path: part.slice(0, part.indexOf("\n")), text: part.slice(part.indexOf("\n") + 1) })),
  );

test.each([
  ["empty", "crontab", " \n", "import/empty"],
  ["binary", "supervisord.conf", "\u007fELF\0\0", "import/binary"],
  ["50 MB", "crontab", "* * * * * x\n".repeat(4_200_000), "import/too-large"],
  ["nothing known", "notes.txt", "buy milk\nand bread\n", "import/unknown-format"],
  ["broken YAML", "compose.yaml", "services: [", "import/bad-yaml"],
  ["a cycle of YAML", "compose.yaml", "services: &a\n  x: *a\n", "import/alias-in-itself"],
  ["broken JavaScript", "ecosystem.config.js", "module.exports = { apps: [", "import/not-a-literal"],
  ["no program", "supervisord.conf", "[supervisord]\nlogfile=/x\n", "import/no-program"],
  ["a crontab without a line of cron", "crontab", "hello world\n", "import/bad-cron-line"],
])("%s is a diagnostic with its place", (_, path, text, code) => {
  const { specs, diagnostics } = importText(path, text);
  expect(specs).toEqual([]);
  expect(diagnostics.map((one) => one.code)).toContain(code);
  expect(diagnostics.every(({ at }) => at !== undefined)).toBe(true);
});

test.each(inputs)("$path is read the same with CRLF and a byte order mark", ({ path, text }) => {
  const specs = (changed: string) => importText(path, changed).specs.map((spec) => spec.text);
  expect(specs(`\uFEFF${text.replaceAll("\n", "\r\n")}`)).toEqual(specs(text));
});

test(
  "whatever is done to a file, import answers with a spec that parses or with a diagnostic",
  { timeout: 120_000 },
  () => {
    const mutated = fc
      .tuple(
        fc.constantFrom(...inputs),
        fc.array(
          fc.tuple(
            fc.double({ min: 0, max: 1, noNaN: true }),
            fc.nat(30),
            fc.constantFrom(
              "",
              "\n",
              "\0",
              "%",
              "$(",
              '"',
              "'",
              "{",
              "}",
              "[",
              ":",
              " ",
              "*/",
              "`",
              "\\",
              "é",
              "\u2028",
              "&a",
              "__proto__",
              "${",
              "~",
              "=",
              "<<: *x",
              "#",
            ),
          ),
          {
            minLength: 1,
            maxLength: 6,
          },
        ),
        fc.constantFrom(undefined, ...formats),
      )
      .map(([file, edits, from]) => {
        let { text } = file;
        for (const [where, cut, put] of edits) {
          const at = Math.floor(where * text.length);
          text = `${text.slice(0, at)}${put}${text.slice(at + cut)}`;
        }
        return { path: file.path, text, from };
      });
    fc.assert(
      fc.property(mutated, ({ path, text, from }) => {
        const { specs, diagnostics } = importText(path, text, from);
        expect(specs.length + diagnostics.length, text).toBeGreaterThan(0);
      }),
      { numRuns: 400 },
    );
  },
);

test("no secret of a foreign file is written or said", () => {
  const secrets = [
    "tok_live_9f8e7d6c5b4a",
    "p9x8!kd,kd02",
    "hunter2hunter2",
    "s3cretpw",
    "aGVsbG8gd29ybGQ",
    "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0",
    "abcdefghijklmnopqrstuvwxyz",
    "correct-horse-battery",
  ];
  const all = inputs.map(({ text }) => text).join("\n");
  const said = JSON.stringify(inputs.map(({ path, text }) => importText(path, text)));
  for (const secret of secrets) {
    expect(all).toContain(secret);
    expect(said).not.toContain(secret);
  }
});

test.each([
  ["supervisord.conf", "[program:x]\ncommand=/opt/x\nuser=1000\n"],
  ["ecosystem.json", '{ "apps": [{ "name": "x", "script": "/opt/x.js", "uid": 1000 }] }'],
  ["pm2.yml", "apps:\n  - name: x\n    script: /opt/x.js\n    uid: 1000\n"],
])("an account that is only a number in %s does not become root", (path, text) => {
  const { specs } = importFiles([{ path, text }], { ...options, account: "root" });
  expect(specs.map((spec) => parseSpec(spec.text, "x.yaml").spec?.user)).toEqual(["x"]);
});

test("nothing of a file reaches the terminal as a control character", () => {
  const { specs, diagnostics } = importText(
    "x.cron",
    "* * * * * /opt/x \u001b[31mred\n5/10 * * * * \u001b[31mred\n\u001b[31m\n",
  );
  const said = [...specs.map(({ text }) => text), ...diagnostics.map(({ summary }) => summary)].join("\n");
  expect(said).toContain("red");
  expect(said).not.toContain("\u001b");
});

test("a watchdog that comes alone is not lost", () => {
  const script = "#!/bin/sh\npgrep -f bot.py || (cd /opt/bot && nohup python3 bot.py >> bot.log 2>&1 &)\n";
  const { specs } = importText("/opt/bot/watch.sh", script);
  expect(parseSpec(specs[0]!.text, "x.yaml").spec).toMatchObject({
    app: "bot",
    directory: "/opt/bot",
    services: { bot: { run: ["python3", "bot.py"], restart: { on: "always" } } },
  });
  const { specs: none, diagnostics } = importText(
    "crontab",
    "* * * * * curl -fs http://127.0.0.1/ || systemctl restart bot\n",
  );
  expect(none).toEqual([]);
  expect(diagnostics[0]).toMatchObject({
    at: { line: 1 },
    fix: expect.stringContaining("holdfast import /etc/systemd/system/bot.service crontab") as string,
  });
});

test("a secret is not put in where a command or another variable names it", () => {
  const said = JSON.stringify([
    importText("x.cron", 'API_TOKEN=zq9zq9zq9\n* * * * * curl -H "X: $API_TOKEN" http://127.0.0.1/\n'),
    importText(
      "ecosystem.config.js",
      "const apiToken = 'zq9zq9zq9'\nmodule.exports = { apps: [{ name: 'x', script: 'x.js', args: ['--x', apiToken], env: { X: apiToken, Y: `a${apiToken}` } }, { name: 'y', script: 'y.js', env: { X: apiToken } }] }",
    ),
    importFiles(
      [
        {
          path: "/s/compose.yaml",
          text: 'services:\n  x:\n    command: x --x ${DB_PASSWORD}\n    environment: { X: "${DB_PASSWORD}" }\n',
        },
      ],
      {
        ...options,
        readFile: (path) => (path === "/s/.env" ? "DB_PASSWORD=zq9zq9zq9\n" : null),
      },
    ),
  ]);
  expect(said).not.toContain("zq9");
  expect(said).toContain("$API_TOKEN");
});

test("the watchdog of one file becomes the health of the service in another", () => {
  const { specs } = importFiles(
    [
      {
        path: "/etc/supervisor/conf.d/bot.conf",
        text: "[program:bot]\ncommand=/opt/bot/run\nuser=bot\nstdout_logfile=/var/log/bot.log\n",
      },
      {
        path: "/etc/cron.d/watch",
        text: '*/5 * * * * root test -n "$(find /var/log/bot.log -mmin +5)" && supervisorctl restart bot\n17 3 * * * bot /opt/bot/report\n',
      },
    ],
    options,
  );
  expect(specs.map(({ app }) => app)).toEqual(["bot"]);
  const { spec } = parseSpec(specs[0]!.text, "x.yaml");
  // Its output is in the journal now, so that is where its age is looked at.
  expect(spec!.services["bot"]!.health).toMatchObject([{ log: { fresh: 300_000 } }]);
  expect(Object.keys(spec!.jobs)).toEqual(["report"]);
});
