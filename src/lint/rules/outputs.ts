import { dirname } from "node:path";
import { directiveIn } from "../../unit/directives.ts";
import { setValue } from "../../unit/edit-unit.ts";
import type { Setting } from "../../unit/settings.ts";
import { hasUnmetCondition } from "../conditions.ts";
import { inForce } from "../in-force.ts";
import { ownDirectories } from "../own-directories.ts";
import { atValue, type Rule } from "../rule.ts";
import { withoutComment } from "../trailing-comment.ts";

/** Where the program's output goes. */
export const outputRules: readonly Rule[] = [
  {
    id: "unreadable-output",
    level: "will-not-do-what-it-says",
    reason: "a path stands behind file:, append: or truncate:",
    happens: "the line is dropped: the output goes to the journal; verify still exits 0",
    source: "systemd.exec(5), StandardOutput=",
    bad: "[Service]\nExecStart=/usr/bin/bot\nStandardOutput=/var/log/bot.log\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nStandardOutput=append:/var/log/bot.log\nStandardError=inherit\nStandardInput=null\n",
    *check(unit, { systemd }) {
      for (const setting of streams(inForce(unit))) {
        const value = withoutComment(setting);
        if (isStream(setting, value, systemd)) continue;
        const path = value.startsWith("/");
        const relative = /^(file|append|truncate):[^/%]/.test(value);
        yield {
          ...atValue(setting.file, setting),
          ...(relative ? { happens: "the line is dropped, and the output goes to the journal" } : {}),
          says: relative
            ? `${value} has no absolute path`
            : `${setting.key}= cannot be read: ${JSON.stringify(value)}`,
          fix: path
            ? `write ${setting.key}=append:${value}`
            : "write journal, null, inherit or append:/var/log/NAME.log",
          ...(path && setting.key !== "StandardInput" && setting.lines === 1 && value === setting.value
            ? { edits: [setValue(setting.file, setting, `append:${value}`)] }
            : {}),
        };
      }
    },
  },
  {
    id: "output-directory-missing",
    level: "will-not-start",
    reason: "systemd makes the file of an output, but not its directory",
    happens: "209/STDOUT or 222/STDERR at start",
    needsHost: true,
    source: "systemd.exec(5), PROCESS EXIT CODES; measured on 252",
    bad: {
      units: {
        "bot.service": "[Service]\nExecStart=/usr/bin/bot\nStandardOutput=append:/var/log/bot/out.log\n",
      },
      host: { paths: { "/var/log": "directory" } },
    },
    good: {
      units: {
        "bot.service":
          "[Service]\nExecStart=/usr/bin/bot\nStandardOutput=append:/var/log/bot/out.log\nStandardError=append:/var/log/err.log\n",
      },
      host: { paths: { "/var/log": "directory", "/var/log/bot": "directory" } },
    },
    *check(unit, { host }) {
      const settings = inForce(unit);
      for (const setting of streams(settings)) {
        const directory = directoryOf(setting);
        if (directory === null || maker(directory, settings) !== null) continue;
        if (host!.path(directory)?.kind === "directory" || hasUnmetCondition(unit, host!)) continue;
        yield {
          ...atValue(setting.file, setting),
          says: `${directory} is not on this host`,
          happens: `${setting.key === "StandardError" ? "222/STDERR" : "209/STDOUT"} at start`,
          fix: `make it, for ever with a line in /etc/tmpfiles.d: d ${directory} 0750 USER GROUP`,
        };
      }
    },
  },
  {
    id: "output-in-own-directory",
    level: "will-not-start",
    reason: "systemd opens the output before it makes the directories of the unit",
    happens: "209/STDOUT at the first start, and at every one after it",
    source: "systemd#27591",
    bad: "[Service]\nExecStart=/usr/bin/bot\nLogsDirectory=bot\nStandardOutput=append:/var/log/bot/out.log\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nLogsDirectory=bot\nStandardOutput=append:/var/log/bot.log\n",
    *check(unit, { host }) {
      const settings = inForce(unit);
      for (const setting of streams(settings)) {
        const directory = directoryOf(setting);
        const made = directory === null ? null : maker(directory, settings);
        if (directory === null || made === null) continue;
        // It is there, from tmpfiles.d or from before the output went there.
        const there = host?.path(directory)?.kind === "directory";
        yield {
          ...atValue(setting.file, setting),
          ...(there ? { level: "risky" as const } : {}),
          says: `${directory} is made by ${made.key}=, too late for ${setting.key}=`,
          happens: `${setting.key === "StandardError" ? "222/STDERR" : "209/STDOUT"} at the first start on a new host`,
          fix: `make it before with a line in /etc/tmpfiles.d, or write to ${dirname(directory)} itself`,
        };
      }
    },
  },
  {
    id: "output-overwritten",
    level: "risky",
    reason: "file: writes from the beginning of the file at every start",
    happens: "the lines before a restart are written over, piece by piece",
    source: "systemd.exec(5), StandardOutput=; measured on 252",
    bad: "[Service]\nExecStart=/usr/bin/bot\nStandardOutput=file:/var/log/bot.log\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nStandardOutput=append:/var/log/bot.log\nStandardError=file:/dev/null\n",
    *check(unit) {
      for (const setting of streams(inForce(unit))) {
        const { key, value, file, lines } = setting;
        if (key === "StandardInput" || !value.startsWith("file:/") || value.startsWith("file:/dev/"))
          continue;
        yield {
          ...atValue(file, setting),
          says: `${value} is written from its beginning at every start`,
          fix: `write ${key}=append:${value.slice(5)}`,
          ...(lines === 1 ? { edits: [setValue(file, setting, `append:${value.slice(5)}`)] } : {}),
        };
      }
    },
  },
];

const outputs = new Set(
  "inherit null tty socket journal journal+console kmsg kmsg+console syslog syslog+console fd".split(" "),
);
const inputs = new Set("null tty tty-force tty-fail socket data fd".split(" "));

function streams(settings: readonly Setting[]): Setting[] {
  return settings.filter(
    ({ section, key }) =>
      /^Standard(Output|Error|Input)$/.test(key) && section !== null && directiveIn(section, key) !== null,
  );
}

function isStream({ key }: Setting, value: string, systemd: number): boolean {
  if ((key === "StandardInput" ? inputs : outputs).has(value) || /^fd:[^\s:]+$/.test(value)) return true;
  if (/^file:[/%]/.test(value)) return true;
  return (
    key !== "StandardInput" &&
    (/^append:[/%]/.test(value) || (systemd >= 248 && /^truncate:[/%]/.test(value)))
  );
}

/** The directive that makes a directory, when one of the unit does. */
function maker(directory: string, settings: readonly Setting[]): Setting | null {
  return settings.find(({ key, value }) => ownDirectories(key, value).includes(directory)) ?? null;
}

/** The directory of a file that output goes to; null when it goes elsewhere. */
function directoryOf(setting: Setting): string | null {
  const path = /^(?:file|append|truncate):(\/[^%]+)$/.exec(withoutComment(setting))?.[1];
  return path === undefined ? null : dirname(path);
}
