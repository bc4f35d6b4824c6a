import { expect, test } from "vitest";
import { editUnit } from "../../unit/edit-unit.ts";
import { lintExample } from "../test-example.ts";
import { commentRules } from "./comments.ts";

function found(line: string, section = "Service") {
  return lintExample(`[${section}]\n${line}\n\n[Service]\nExecStart=/usr/bin/bot\n`, commentRules);
}

test.each([
  ["Restart=always # keep it up", "will-not-do-what-it-says"],
  ["ExecStartPre=/usr/bin/true # first", "will-not-do-what-it-says"],
  ["ExecStartPre=/usr/bin/true #first of all", "will-not-do-what-it-says"],
  ["WorkingDirectory=/opt/bot\t# here", "will-not-start"],
  ["User=bot ; the account", "will-not-start"],
  ["EnvironmentFile=-/etc/bot.env #secret", "will-not-start"],
  ["Environment=MODE=paper # not live", "will-not-do-what-it-says"],
  ["StandardOutput=null # quiet", "will-not-do-what-it-says"],
])("%s", (line, level) => {
  expect(found(line).map((one) => one.level)).toEqual([level]);
});

test.each([
  "ExecStartPre=/usr/bin/say '# not a comment' a#b #fff",
  "ExecStartPre=/usr/bin/say ; /usr/bin/true",
  'Environment="NOTE=a # b" COLOR=#fff',
  "StandardInputText=# a line of text # and more",
  'ReadWritePaths="/srv/a # b"',
  "X-Note=what # ever",
])("%s is no comment", (line) => {
  expect(found(line)).toEqual([]);
});

test("the comment goes to a line of its own, with the line ends of the file", () => {
  const [one] = lintExample("[Service]\r\nExecStart=/usr/bin/bot\r\nCPUQuota=50% ; half\r\n", commentRules);
  expect(editUnit(one!.file, one!.edits!).text).toBe(
    "[Service]\r\nExecStart=/usr/bin/bot\r\n# half\r\nCPUQuota=50%\r\n",
  );
});

test("comments behind names of units, and in [Install]", () => {
  expect(found("After=a.service # first", "Unit")).toHaveLength(1);
  expect(found("WantedBy=multi-user.target # boot", "Install")).toHaveLength(1);
  expect(found("Description=Bot # 1", "Unit")).toEqual([]);
});
