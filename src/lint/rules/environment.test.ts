import { expect, test } from "vitest";
import { editUnit } from "../../unit/edit-unit.ts";
import { lintExample } from "../test-example.ts";
import { environmentFileRules } from "./environment-files.ts";
import { environmentRules } from "./environment.ts";
import { secretRules } from "./secrets.ts";
import { outputRules } from "./outputs.ts";
import { specifierRules } from "./specifiers.ts";

const rules = [
  ...environmentRules,
  ...secretRules,
  ...environmentFileRules,
  ...outputRules,
  ...specifierRules,
];
const lint = (line: string) => lintExample(`[Service]\nExecStart=/usr/bin/bot\n${line}\n`, rules);

test.each([
  ["Environment=OPTS=-a -b", "a word behind OPTS is lost"],
  ["Environment=A=1 export B=2", '"export" is no assignment'],
  ["Environment=A = 1", "3 words of Environment= are no NAME=value"],
  ["Environment=1A=b", "a word of Environment= is no NAME=value"],
  ['Environment="A=1","B=2"', "a comma stands between two assignments"],
  ["Environment=A=1, B=2", "a comma stands between two assignments"],
  ["Environment=PATH=/opt/bin:$PATH", "$PATH in the value of PATH is not replaced"],
  ["Environment=DATA=${HOME}/data", "$HOME in the value of DATA is not replaced"],
  ["EnvironmentFile=.env", ".env is not an absolute path"],
  ['EnvironmentFile="/etc/bot.env"', "quotes belong to the path here"],
  ["StandardOutput=/var/log/bot", 'StandardOutput= cannot be read: "/var/log/bot"'],
  ["StandardError=append:bot.log", "append:bot.log has no absolute path"],
])("%s", (line, says) => {
  expect(lint(line).map((one) => one.says)).toContain(says);
});

test.each([
  'Environment="OPTS=-a -b" MODE=paper',
  "Environment=A= B=2",
  "Environment=LIST=a,b=c,d",
  'Environment=\'JSON={"a": 1, "b": 2}\'',
  "Environment=PRICE=5$ RE=^x$",
  "EnvironmentFile=-%h/.env",
  "StandardOutput=fd:out",
  "Environment=NODE_ENV=production HOME=%h",
])("%s is well", (line) => expect(lint(line)).toEqual([]));

test.each([
  ["Environment=OPTS=-a -b", 'Environment="OPTS=-a -b"'],
  ['Environment="A=1","B=2"', 'Environment="A=1" "B=2"'],
  ["StandardOutput=file:/var/log/bot", "StandardOutput=append:/var/log/bot"],
  ["Environment=DB_PASSWORD=correct%hhorse", "Environment=DB_PASSWORD=correct%%hhorse"],
])("%s becomes %s", (line, expected) => {
  const [one] = lint(line).filter(({ edits }) => edits !== undefined);
  expect(editUnit(one!.file, one!.edits!).text).toContain(`\n${expected}\n`);
});

test("no finding shows or marks a secret", () => {
  const secret = "hunter2hunter2hunter2";
  for (const line of [
    `Environment=API_TOKEN=${secret}`,
    `Environment="DB_PASSWORD=${secret}" A=1`,
    `Environment=URL=postgres://bot:${secret}@localhost/db`,
    `Environment=PASSWORD=%h${secret}`,
    `Environment=DB_PASSWORD=${secret} \${X} words`,
  ]) {
    const found = lint(line);
    expect(found.length, line).toBeGreaterThan(0);
    for (const { file, start, end, says, happens, fix } of found) {
      expect(`${says} ${happens} ${fix}`).not.toContain("hunter2");
      expect(file.text.slice(start, end)).not.toContain("hunter2");
    }
  }
});

test("what systemd reads otherwise in a file is told with its line, and without its values", () => {
  const found = lintExample(
    {
      units: { "bot.service": "[Service]\nExecStart=/usr/bin/bot\nEnvironmentFile=-/etc/bot.env\n" },
      host: { paths: { "/etc/bot.env": "export TOKEN=hunter2\nA=hunter2 # note\nB=$TOKEN\n" } },
    },
    rules,
  );
  expect(found.map((one) => `${one.level} ${/^\S+/.exec(one.says)![0]}`)).toEqual([
    "will-not-do-what-it-says /etc/bot.env:1:",
    "will-not-do-what-it-says /etc/bot.env:2:",
    "risky /etc/bot.env:3:",
  ]);
  expect(JSON.stringify(found.map(({ says, fix }) => [says, fix]))).not.toContain("hunter2");
});
