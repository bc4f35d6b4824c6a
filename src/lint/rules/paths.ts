import { directiveIn } from "../../unit/directives.ts";
import { setValue } from "../../unit/edit-unit.ts";
import type { Setting } from "../../unit/settings.ts";
import { splitWords, type Word } from "../../unit/words.ts";
import { hasUnmetCondition } from "../conditions.ts";
import { inForce, mostOfLine } from "../in-force.ts";
import { ownDirectories } from "../own-directories.ts";
import { atValue, type Rule } from "../rule.ts";
import { withoutComment } from "../trailing-comment.ts";

/** Paths of the sandbox. */
export const pathRules: readonly Rule[] = [
  {
    id: "path-comma",
    level: "will-not-start",
    reason: "blanks separate paths, and a comma belongs to the path",
    happens: "no such path is there: 226/NAMESPACE at start",
    source: "systemd.exec(5), ReadWritePaths=; measured on 252",
    bad: "[Service]\nExecStart=/usr/bin/bot\nReadWritePaths=/srv/a,/srv/b\n",
    good: '[Service]\nExecStart=/usr/bin/bot\nReadWritePaths=/srv/a -/srv/b "/srv/a,b"\nInaccessiblePaths=/srv/x,v\n',
    *check(unit) {
      for (const setting of pathLists(inForce(unit))) {
        const { file, key, value, lines } = setting;
        const wrong = pathWords(setting).filter(
          ({ text, quoted }) => !quoted && /,(?=[-+]{0,2}\/)|,$/.test(text),
        );
        for (const word of wrong.slice(0, mostOfLine)) {
          yield {
            ...atValue(file, setting, word),
            says: `${key}= has a comma between paths: ${word.text}`,
            ...(optional(word.text)
              ? {
                  level: "will-not-do-what-it-says" as const,
                  happens: "no such path is there, and the line does nothing",
                }
              : {}),
            fix: "write a blank for it",
            ...(lines === 1
              ? {
                  edits: [
                    setValue(file, setting, value.replace(/,\s*(?=[-+]{0,2}\/)|,(?=\s|$)/g, " ").trimEnd()),
                  ],
                }
              : {}),
          };
        }
      }
    },
  },
  {
    id: "path-relative",
    level: "will-not-do-what-it-says",
    reason: "paths of the sandbox are absolute",
    happens: "the path is dropped; verify still exits 0",
    source: "systemd.exec(5), ReadWritePaths=",
    bad: "[Service]\nWorkingDirectory=/opt/bot\nExecStart=/usr/bin/bot\nReadWritePaths=data ~/logs\n",
    good: "[Service]\nWorkingDirectory=/opt/bot\nExecStart=/usr/bin/bot\nReadWritePaths=/opt/bot/data %h/logs -+/x\n",
    *check(unit) {
      for (const setting of pathLists(inForce(unit)))
        for (const word of pathWords(setting)
          .filter(({ text }) => !/^[-+]{0,2}[/%]/.test(text))
          .slice(0, mostOfLine)) {
          yield {
            ...atValue(setting.file, setting, word),
            says: `${word.text} is not an absolute path, and ${setting.key}= drops it`,
            fix: "write the whole path",
          };
        }
    },
  },
  {
    id: "path-missing",
    level: "will-not-start",
    reason: 'a path of the sandbox must be there, unless "-" stands before it',
    happens: "226/NAMESPACE at start",
    needsHost: true,
    source: "systemd.exec(5), ReadWritePaths=; measured on 252",
    bad: {
      units: { "bot.service": "[Service]\nExecStart=/usr/bin/bot\nReadWritePaths=/srv/missing\n" },
      host: {},
    },
    good: {
      units: {
        "bot.service":
          "[Service]\nExecStart=/usr/bin/bot\nStateDirectory=bot\nReadWritePaths=/srv/data -/srv/missing /var/lib/bot\n",
      },
      host: { paths: { "/srv/data": "directory" } },
    },
    *check(unit, { host }) {
      const settings = inForce(unit);
      if (
        unit.settings.value("Service", "RootDirectory") !== null ||
        unit.settings.value("Service", "RootImage") !== null
      )
        return;
      const made = settings.flatMap(({ key, value }) => ownDirectories(key, value));
      for (const setting of pathLists(settings))
        for (const word of pathWords(setting)) {
          const path = word.text.replace(/^\+/, "").replace(/(?<=.)\/+$/, "");
          if (
            !/^\/[^%,]*$/.test(path) ||
            path.startsWith("/run/") ||
            path.startsWith("/sys/") ||
            path.startsWith("/proc/") ||
            path.startsWith("/dev/")
          )
            continue;
          if (made.some((one) => path === one || path.startsWith(`${one}/`))) continue;
          if (host!.path(path) !== null || hasUnmetCondition(unit, host!)) continue;
          yield {
            ...atValue(setting.file, setting, word),
            says: `${path} is not on this host`,
            fix: path.startsWith("/var/lib/")
              ? `write StateDirectory=${path.slice(9)}, which makes it, or -${path}`
              : `make it, or write -${path} when the program can do without it`,
          };
        }
    },
  },
];

function pathLists(settings: readonly Setting[]): Setting[] {
  return settings.filter(
    ({ section, key }) =>
      /^(ReadWrite|ReadOnly|Inaccessible|Exec|NoExec)(Paths|Directories)$/.test(key) &&
      directiveIn(section ?? "", key) !== null,
  );
}

function pathWords(setting: Setting): readonly Word[] {
  const { words, unclosed } = splitWords(withoutComment(setting), false);
  return unclosed ? [] : words;
}

function optional(path: string): boolean {
  return /^\+?-/.test(path);
}
