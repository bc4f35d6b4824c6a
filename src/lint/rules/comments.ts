import { replaceLine } from "../../unit/edit-unit.ts";
import type { Setting } from "../../unit/settings.ts";
import { isCommandKey } from "../in-force.ts";
import { atValue, type Finding, type Level, type Rule } from "../rule.ts";
import { trailingComment } from "../trailing-comment.ts";

/** Comments behind values: systemd has comments only on lines of their own. */
export const commentRules: readonly Rule[] = [
  {
    id: "trailing-comment",
    level: "will-not-do-what-it-says",
    reason: "systemd knows no comment behind a value: everything up to the end of the line is the value",
    happens: "the value is refused and its default stays, or the words become arguments, paths and names",
    source: "systemd.syntax(7); systemd#38464",
    bad: "[Service]\nExecStart=/usr/bin/bot\nCPUQuota=200%  # two processors\n",
    good: "[Service]\nExecStart=/usr/bin/bot\n# two processors\nCPUQuota=200%\n",
    *check(unit) {
      for (const setting of unit.settings.written) {
        const at = trailingComment(setting);
        if (at === null) continue;
        yield finding(setting, at);
      }
    },
  },
];

function finding(setting: Setting, at: number): Finding {
  const { file, key, value, lines } = setting;
  const { level, happens } = effect(setting);
  const comment = value.slice(at).replace(/^;/, "#");
  return {
    ...atValue(file, setting, { start: at, end: value.length }),
    level,
    says: `what follows "${value[at]}" is part of the value of ${key}=`,
    happens,
    fix: `put the comment on a line of its own above ${key}=`,
    ...(lines === 1
      ? { edits: [replaceLine(file, setting, `${comment}\n${key}=${value.slice(0, at).trimEnd()}`)] }
      : {}),
  };
}

const stops: Readonly<Record<string, string>> = {
  User: "no user has that name: 217/USER at start",
  Group: "no group has that name: 216/GROUP at start",
  WorkingDirectory: "no directory has that name: 200/CHDIR at start",
  RootDirectory: "no directory has that name: 226/NAMESPACE at start",
  EnvironmentFile: "no file has that name: every start fails with Result=resources",
  OnCalendar: "systemd refuses the timer",
  ReadWritePaths: '"#" is no path and is dropped, as is every word behind it that does not begin with /',
};

function effect({ key, section }: Setting): { level: Level; happens: string } {
  if (isCommandKey(key))
    return {
      level: "will-not-do-what-it-says",
      happens: "each of its words becomes an argument of the program",
    };
  const stop = stops[key];
  if (stop !== undefined && key !== "ReadWritePaths") return { level: "will-not-start", happens: stop };
  if (stop !== undefined) return { level: "will-not-do-what-it-says", happens: stop };
  if (section === "Install")
    return {
      level: "will-not-do-what-it-says",
      happens: 'systemctl enable fails at "#", after it has made the links of the words before it',
    };
  if (/^(Condition|Assert)/.test(key))
    return {
      level: "will-not-do-what-it-says",
      happens: "the test is made with the comment as part of the value",
    };
  if (key === "Environment")
    return {
      level: "will-not-do-what-it-says",
      happens: "words without = are dropped, the others become variables",
    };
  return {
    level: "will-not-do-what-it-says",
    happens: "systemd drops what it cannot read and goes on without it; verify still exits 0",
  };
}
