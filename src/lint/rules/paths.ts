import { setValue } from "../../unit/edit-unit.ts";
import { directiveIn } from "../../unit/directives.ts";
import type { Setting } from "../../unit/settings.ts";
import { splitWords, type Word } from "../../unit/words.ts";
import { hasUnmetCondition } from "../conditions.ts";
import { inForce, mostOfLine } from "../in-force.ts";
import { ownSection } from "../lint-unit.ts";
import { atValue, type Finding, type Rule } from "../rule.ts";
import { withoutComment } from "../trailing-comment.ts";

/** Paths of the sandbox and the working directory. */
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
      const made = settings.flatMap(({ key, value }) => madePaths(key, value));
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
  {
    id: "absolute-own-directory",
    level: "will-not-do-what-it-says",
    reason: "StateDirectory= and its like take a name below a directory of systemd's own",
    happens: "the line is dropped: no directory is made; verify still exits 0",
    source: "systemd.exec(5), RuntimeDirectory=",
    bad: "[Service]\nExecStart=/usr/bin/bot\nStateDirectory=/var/lib/bot\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nStateDirectory=bot bot/cache\nLogsDirectory=%N\n",
    *check(unit) {
      for (const setting of inForce(unit)) {
        const root = roots[setting.key];
        if (root === undefined) continue;
        for (const word of splitWords(withoutComment(setting)).words)
          yield* ownDirectory(setting, word, root);
      }
    },
  },
  {
    id: "working-directory-refused",
    level: "will-not-start",
    reason: "WorkingDirectory= takes an absolute path as it is, or ~ alone",
    happens: "systemd refuses the unit: bad-setting",
    source: "systemd.exec(5), WorkingDirectory=; measured on 252",
    bad: "[Service]\nExecStart=/usr/bin/bot\nWorkingDirectory=~/bot\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nWorkingDirectory=-/opt/my bot\n\n[X-Other]\nWorkingDirectory=~\n",
    *check(unit) {
      const setting = unit.settings.last(ownSection(unit), "WorkingDirectory");
      if (setting === null) return;
      const path = withoutComment(setting).replace(/^-/, "");
      if (path === "~" || /^[/%]/.test(path)) return;
      const unquoted = path.replace(/^(["'])(.*)\1$/, "$2");
      const quoted = unquoted !== path && unquoted.startsWith("/");
      yield {
        ...atValue(setting.file, setting),
        says: quoted
          ? "quotes belong to the path here, so that it does not begin with /"
          : `${path} is not an absolute path`,
        fix: quoted
          ? `write WorkingDirectory=${unquoted}`
          : "write the whole path; %h is the home of the user that the manager runs as",
        ...(quoted && setting.lines === 1 ? { edits: [setValue(setting.file, setting, unquoted)] } : {}),
      };
    },
  },
  {
    id: "working-directory-missing",
    level: "will-not-start",
    reason: 'the working directory must be there, unless "-" stands before it',
    happens: "200/CHDIR at start",
    needsHost: true,
    source: "systemd.exec(5), WorkingDirectory=; measured on 252",
    bad: {
      units: { "bot.service": "[Service]\nExecStart=/usr/bin/bot\nWorkingDirectory=/opt/bot\n" },
      host: {},
    },
    good: {
      units: { "bot.service": "[Service]\nExecStart=/usr/bin/bot\nWorkingDirectory=/opt/bot\n" },
      host: { paths: { "/opt/bot": "directory" } },
    },
    *check(unit, { host }) {
      const setting = unit.settings.last(ownSection(unit), "WorkingDirectory");
      if (setting === null || unit.settings.value(ownSection(unit), "RootDirectory") !== null) return;
      const path = withoutComment(setting);
      if (!/^\/[^%]*$/.test(path) || path.startsWith("/run/")) return;
      if (inForce(unit).some(({ key, value }) => madePaths(key, value).includes(path.replace(/\/+$/, ""))))
        return;
      const fact = host!.path(path);
      if (fact?.kind === "directory" || hasUnmetCondition(unit, host!)) return;
      yield {
        ...atValue(setting.file, setting),
        says: fact === null ? `${path} is not on this host` : `${path} is no directory`,
        fix: "make it, or correct the path",
      };
    },
  },
];

const roots: Readonly<Record<string, string>> = {
  RuntimeDirectory: "/run",
  StateDirectory: "/var/lib",
  CacheDirectory: "/var/cache",
  LogsDirectory: "/var/log",
  ConfigurationDirectory: "/etc",
};

/** Directories that systemd makes before it sets up the sandbox. */
function madePaths(key: string, value: string): string[] {
  const root = roots[key];
  return root === undefined ? [] : value.split(/\s+/).map((name) => `${root}/${name.replace(/:.*$/, "")}`);
}

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

function* ownDirectory(setting: Setting, word: Word, root: string): Iterable<Finding> {
  const { file, key, lines, value } = setting;
  const path = word.text;
  const parent = /(^|\/)\.\.(\/|$)/.test(path);
  if (!path.startsWith("/") && !parent && !/,\S/.test(path)) return;
  const inside = path.startsWith(`${root}/`) ? path.slice(root.length + 1).replace(/\/+$/, "") : null;
  const comma = !path.startsWith("/") && !parent;
  yield {
    ...atValue(file, setting, word),
    says: comma
      ? `blanks separate names in ${key}=, not commas: ${path}`
      : parent
        ? `".." is not for ${key}=`
        : `${path} is an absolute path, and ${key}= is a name below ${root}`,
    ...(comma ? { happens: "one directory with a comma in its name is made" } : {}),
    fix: comma
      ? `write ${key}=${path.replaceAll(",", " ")}`
      : inside !== null && inside !== ""
        ? `write ${key}=${inside}`
        : `write a name, such as ${key}=bot for ${root}/bot; other places take ReadWritePaths=`,
    ...(inside !== null && inside !== "" && !parent && lines === 1 && value === path
      ? { edits: [setValue(file, setting, inside)] }
      : {}),
  };
}
