import { describe, expect, test } from "vitest";
import { editUnit } from "../../unit/edit-unit.ts";
import type { ExampleHost } from "../rule.ts";
import { lintExample } from "../test-example.ts";
import { execExpansionRules } from "./exec-expansion.ts";
import { execVariableRules } from "./exec-variables.ts";
import { execLineRules } from "./exec-lines.ts";
import { execWordRules } from "./exec-words.ts";
import { programRules } from "./programs.ts";
import { specifierRules } from "./specifiers.ts";

const rules = [
  ...execLineRules,
  ...execWordRules,
  ...execExpansionRules,
  ...execVariableRules,
  ...programRules,
  ...specifierRules,
];

function lint(lines: string, host?: ExampleHost) {
  const units = { "bot.service": `[Service]\n${lines}\n` };
  return lintExample(host ? { units, host } : { units }, rules);
}

const ids = (lines: string, host?: ExampleHost) => lint(lines, host).map(({ rule }) => rule.id);

describe("what no shell reads", () => {
  test.each([
    ["ExecStart=/usr/bin/a && /usr/bin/b", "exec-shell-syntax"],
    ["ExecStart=/usr/bin/a | /usr/bin/tee /srv/log", "exec-shell-syntax"],
    ["ExecStart=/usr/bin/a >/srv/log", "exec-shell-syntax"],
    ["ExecStart=/usr/bin/a 2>&1", "exec-shell-syntax"],
    ["ExecStart=/usr/bin/a &", "exec-shell-syntax"],
    ["ExecStart=/usr/bin/a x; /usr/bin/b", "exec-shell-syntax"],
    ["ExecStart=/bin/sh -c echo a > /srv/log", "exec-shell-syntax"],
    ["ExecStart=export A=b", "exec-builtin"],
    ["ExecStart=A=b /usr/bin/a", "exec-builtin"],
    ["ExecStart=/usr/bin/a --data ~/data", "exec-expansion"],
    ["ExecStart=/usr/bin/a --data=~/data", "exec-expansion"],
    ["ExecStart=/usr/bin/rm -f /srv/*.tmp", "exec-expansion"],
    ["ExecStart=/usr/bin/a `hostname`", "exec-expansion"],
    ["ExecStart=/usr/bin/a --at $(date)", "exec-expansion"],
    ['ExecStart=/bin/sh -c "$(cat /srv/command)"', "exec-expansion"],
    ["ExecStart=/usr/bin/a ${HOST:-localhost}", "exec-expansion"],
    ["ExecStart=/usr/bin/a --port=$PORT", "variable-in-word"],
    ["ExecStart=/usr/bin/a http://localhost:$PORT/", "variable-in-word"],
    ["ExecStart=/usr/bin/a $HOME/data", "unset-variable"],
    ["ExecStart=/bin/sh -c 'x=1; echo ${x}'", "unset-variable"],
    ["ExecStart=/usr/bin/a —port 80", "smart-quotes"],
  ])("%s", (line, expected) => {
    expect(ids(line)).toEqual([expected]);
  });
});

describe("what is well", () => {
  test.each([
    "ExecStart=/usr/bin/expr 1 '>' 0",
    "ExecStart=/usr/bin/a a&b 'x && y' -> =>",
    "ExecStart=/bin/bash -lc 'cd /srv && exec ./run > log 2>&1'",
    "ExecStart=/usr/bin/env bash -c 'for f in *.log; do gzip $f; done'",
    "ExecStart=/usr/bin/perl -e 'print $ENV{HOME}'",
    "ExecStart=/usr/bin/rsync --exclude=*.tmp /srv/a /srv/b",
    "ExecStart=/usr/bin/find /srv -name *.tmp",
    "Environment=PORT=1\nExecStart=/usr/bin/a --port=${PORT} $PORT",
    "PassEnvironment=TOKEN\nExecStart=/usr/bin/a $TOKEN",
    "User=bot\nExecStart=/usr/bin/a $HOME",
    "ExecStart=/usr/bin/a $$HOME $${X}",
    "EnvironmentFile=/etc/bot.env\nExecStart=/usr/bin/a ${ANY}",
  ])("%s", (line) => expect(ids(line)).toEqual([]));
});

test("a file of the host tells which variables there are", () => {
  const lines = "EnvironmentFile=/etc/bot.env\nExecStart=/usr/bin/a ${PORT} ${OTHER} $ARGS";
  const says = lint(lines, { paths: { "/etc/bot.env": "PORT=1\n" } }).map((one) => one.says);
  expect(says).toEqual(["${OTHER} is not set for this service: it becomes empty"]);
});

describe("edits", () => {
  test.each([
    ["ExecStart=/usr/bin/a --verbose &", "ExecStart=/usr/bin/a --verbose"],
    ["ExecStart=/usr/bin/a “my bot” x", 'ExecStart=/usr/bin/a "my bot" x'],
    ["ExecStart=/usr/bin/a http://x/a%20b%21", "ExecStart=/usr/bin/a http://x/a%%20b%%21"],
    ["ExecStart=/bin/date +%Y%m%d", "ExecStart=/bin/date +%%Y%%m%%d"],
    ["ExecStart=/bin/sh -c \\\n  'date +%H:%M'", "ExecStart=/bin/sh -c \\\n  'date +%%H:%%M'"],
  ])("%s", (line, expected) => {
    const [one] = lint(line);
    expect(editUnit(one!.file, one!.edits!).text).toBe(`[Service]\n${expected}\n`);
  });
});

describe("lines as a whole", () => {
  test.each([
    ["ExecStart=/usr/bin/a it's", "unclosed-quote"],
    ['ExecStart="/usr/bin/a --x"', "quoted-command"],
    ["ExecStart='/usr/bin/a -x'", "quoted-command"],
    ["ExecStart=/usr/bin/a ; /usr/bin/b", "two-commands"],
    ["ExecStart=/usr/bin/a\nExecStart=/usr/bin/b", "two-commands"],
    ["Type=exec", "no-command"],
    ["ExecStart=\nRestart=always", "no-command"],
    ["ExecStop=/usr/bin/a", "no-command"],
    ["Type=simple\nRemainAfterExit=yes\nExecStop=/usr/bin/a", "no-command"],
    ["ExecStart=./run", "relative-program"],
    ["ExecStart=$PROGRAM", "relative-program"],
    ["ExecStart=${HOME}/run", "relative-program"],
    ["ExecStart=-", "relative-program"],
  ])("%s", (lines, expected) => expect(ids(lines)).toEqual([expected]));

  test.each([
    'ExecStart="/opt/my bot/run" --x',
    'ExecStart="/opt/my bot/run"',
    "ExecStart=\nExecStart=/usr/bin/a",
    "Type=oneshot\nExecStart=/usr/bin/a\nExecStart=/usr/bin/b",
    "RemainAfterExit=yes\nExecStop=/usr/bin/a",
    "ExecStart=-+%h/bin/run",
    "ExecStart=@/usr/bin/a name",
  ])("%s is well", (lines) => expect(ids(lines)).toEqual([]));

  test("a drop-in gets the empty line that it lacks", () => {
    const units = {
      "bot.service": "[Service]\nExecStart=/usr/bin/a\n",
      "bot.service.d/a.conf": "[Service]\nExecStart=/usr/bin/b\n",
    };
    const [one] = lintExample({ units }, rules);
    expect(editUnit(one!.file, one!.edits!).text).toBe("[Service]\nExecStart=\nExecStart=/usr/bin/b\n");
  });
});

describe("programs of the host", () => {
  const host = (paths: Record<string, string>) => ({ paths });
  test.each([
    ["ExecStart=/opt/run", {}, "/opt/run is not on this host"],
    ["ExecStart=/opt/run", { "/opt/run": "directory" }, "/opt/run is no file"],
    ["ExecStart=/opt/run", { "/opt/run": "0640" }, "/opt/run may not be executed"],
    [
      "ExecStart=/opt/run",
      { "/opt/run": "#!/opt/none\n" },
      "/opt/run is to be run by /opt/none, which is not on this host",
    ],
    [
      "ExecStart=/opt/run",
      { "/opt/run": "#!/bin/sh\r\n" },
      'the first line of /opt/run ends as on Windows (CRLF): its interpreter "/bin/sh\\r" does not exist',
    ],
    [
      "ExecStart=/opt/run",
      { "/opt/run": "#!/usr/bin/env python3\r\nx\n" },
      'the first line of /opt/run ends as on Windows (CRLF): its interpreter "/usr/bin/env\\r" does not exist',
    ],
  ])("%s with %j", (line, paths, says) => {
    expect(lint(line, host(paths)).map((one) => one.says)).toEqual([says]);
  });

  test.each([
    ["ExecStart=-/opt/run", {}],
    ["RootDirectory=/srv/root\nExecStart=/opt/run", {}],
    ["ExecStart=/opt/run", { "/opt/run": "0755" }],
    ["ExecStart=%h/run", {}],
    ["ExecStart=node /opt/x.js", {}],
  ])("%s with %j is well", (line, paths) => expect(ids(line, host(paths))).toEqual([]));

  test("a unit that does not apply to this host is left alone", () => {
    const unit = "[Unit]\nConditionPathExists=/opt/run\n\n[Service]\nExecStart=/opt/run\n";
    expect(lintExample({ units: { "bot.service": unit }, host: {} }, programRules)).toEqual([]);
  });
});
