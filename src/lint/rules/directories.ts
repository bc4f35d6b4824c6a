import { setValue } from "../../unit/edit-unit.ts";
import type { Setting } from "../../unit/settings.ts";
import { splitWords, type Word } from "../../unit/words.ts";
import { hasUnmetCondition } from "../conditions.ts";
import { inForce, mostOfLine } from "../in-force.ts";
import { ownSection } from "../lint-unit.ts";
import { directoryRoots, ownDirectories } from "../own-directories.ts";
import { atValue, type Finding, type Rule } from "../rule.ts";
import { withoutComment } from "../trailing-comment.ts";

/** The directories that systemd makes for a unit, and the one that it works in. */
export const directoryRules: readonly Rule[] = [
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
        const root = directoryRoots[setting.key];
        if (root === undefined) continue;
        for (const word of splitWords(withoutComment(setting)).words.slice(0, mostOfLine))
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
      if (
        inForce(unit).some(({ key, value }) => ownDirectories(key, value).includes(path.replace(/\/+$/, "")))
      )
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
