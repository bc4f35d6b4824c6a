import { directiveIn } from "../../unit/directives.ts";
import type { Setting } from "../../unit/settings.ts";
import { isKnownSpecifier, specifiersOf, type Specifier } from "../../unit/specifiers.ts";
import { splitWords } from "../../unit/words.ts";
import { hideShapes } from "../../value/secret-shapes.ts";
import { inForce, isCommandKey } from "../in-force.ts";
import { atValue, type Finding, type Rule } from "../rule.ts";

/** "%" in values, where systemd fills something in. */
export const specifierRules: readonly Rule[] = [
  {
    id: "date-specifier",
    level: "will-not-do-what-it-says",
    reason: '"%" and a letter is a specifier of systemd before any program sees it',
    happens: "date +%Y-%m-%d prints the unit's directory, the machine's id and the credentials' directory",
    source: "systemd.unit(5), SPECIFIERS; measured on 252",
    bad: "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'tar -czf /srv/backup-$(date +%Y-%m-%d).tgz /srv/data'\n",
    good: "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'tar -czf /srv/backup-%H-$(date +%%Y-%%m-%%d).tgz %h/%n'\n",
    *check(unit, { systemd }) {
      for (const setting of inForce(unit)) {
        if (!isCommandKey(setting.key)) continue;
        const run = dateRun(setting.value);
        if (run.length === 0) continue;
        const unknown = run.find(({ letter }) => !isKnownSpecifier(letter, systemd));
        const last = run.at(-1)!;
        yield {
          ...atValue(setting.file, setting, { start: run[0]!.start, end: last.start + 2 }),
          ...(unknown ? { level: "will-not-start" as const } : {}),
          says: `${lettersOf(run)} ${run.length === 1 ? "is a specifier" : "are specifiers"} of systemd here, and no date`,
          ...(unknown
            ? { happens: `systemd knows no %${unknown.letter}, and refuses the unit: bad-setting` }
            : { happens: "systemd fills in names and directories of the unit" }),
          fix: "write %% for each %",
          ...doubled(setting, run),
        };
      }
    },
  },
  {
    id: "unknown-specifier",
    level: "will-not-do-what-it-says",
    reason: '"%" and a letter or digit that systemd does not know makes the whole value unreadable',
    happens: "a unit with such a command is refused; elsewhere the setting is dropped",
    source: "systemd.unit(5), SPECIFIERS; measured on 252",
    bad: "[Service]\nExecStart=/usr/bin/fetch http://localhost/a%20b\n",
    good: "[Service]\nExecStart=/usr/bin/fetch http://localhost/a%%20b 100% %n\n",
    *check(unit, { systemd }) {
      for (const setting of inForce(unit)) {
        if (!setting.value.includes("%") || !expands(setting)) continue;
        const dates = isCommandKey(setting.key) ? dateRun(setting.value).map(({ start }) => start) : [];
        const unknown = specifiersOf(setting.value).filter(
          ({ letter, start }) => !isKnownSpecifier(letter, systemd) && !dates.includes(start),
        );
        if (unknown.length > 0) yield unknownFinding(setting, unknown);
      }
    },
  },
  {
    id: "percent-in-secret",
    level: "will-not-do-what-it-says",
    reason: "systemd fills in specifiers in Environment= too",
    happens: 'a password "a%sb" becomes "a/bin/bashb"',
    source: "systemd.exec(5), Environment=; measured on 252",
    bad: "[Service]\nExecStart=/usr/bin/bot\nEnvironment=DB_PASSWORD=a%sb%hc\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nEnvironment=CACHE=%C/bot TOKEN_FILE=%d/token\n",
    *check(unit, { systemd }) {
      for (const setting of inForce(unit)) {
        if (setting.key !== "Environment" || !setting.value.includes("%")) continue;
        for (const word of splitWords(setting.value).words) {
          const name = /^[A-Za-z_]\w*(?==)/.exec(word.text)?.[0];
          if (name === undefined || !isSecret(word.text)) continue;
          const inside = specifiersOf(setting.value).filter(
            ({ letter, start }) =>
              start >= word.start && start < word.end && isKnownSpecifier(letter, systemd),
          );
          if (inside.length === 0) continue;
          const start = setting.value.indexOf(name, word.start);
          yield {
            ...atValue(setting.file, setting, { start, end: start + name.length }),
            says: `the value of ${name} has "%", which systemd replaces by something else`,
            fix: "write %% for each %; better, keep the secret in a credential: LoadCredential=",
            ...doubled(setting, inside),
          };
        }
      }
    },
  },
];

/** Whether an assignment looks like a secret, and not like the path of one or a piece that systemd fills in. */
function isSecret(assignment: string): boolean {
  const value = assignment.slice(assignment.indexOf("=") + 1);
  return !/^(%[A-Za-z](\/|$)|\/)/.test(value) && hideShapes(assignment).count > 0;
}

/** Specifiers that look like a format of date(1): those after "+%", and neighbours such as %Y-%m or %H%M. */
function dateRun(value: string): Specifier[] {
  const all = specifiersOf(value);
  const dates = new Set<Specifier>();
  for (const [index, one] of all.entries()) {
    const before = all[index - 1];
    const gap = before === undefined ? "" : value.slice(before.start + 2, one.start);
    const follows = before !== undefined && /^[-_:.T ]?$/.test(gap);
    if (
      /[\s"']\+$/.test(value.slice(Math.max(0, one.start - 2), one.start)) ||
      (follows && dates.has(before))
    )
      dates.add(one);
    else if (follows && /[YymdHMSFT]/.test(one.letter) && /[YymdHMSFT]/.test(before.letter))
      dates.add(before).add(one);
  }
  return all.filter((one) => dates.has(one));
}

function lettersOf(run: readonly Specifier[]): string {
  const letters = [...new Set(run.map(({ letter }) => `%${letter}`))];
  return `${letters.slice(0, 4).join(", ")}${letters.length > 4 ? " and others" : ""}`;
}

function expands({ section, key }: Setting): boolean {
  if (isCommandKey(key)) return true;
  if (/^(Environment|EnvironmentFile|Description|Documentation|WorkingDirectory|User|Group)$/.test(key))
    return true;
  return (directiveIn(section ?? "", key)?.kind ?? "").startsWith("PATH");
}

function unknownFinding(setting: Setting, unknown: readonly Specifier[]): Finding {
  const command = isCommandKey(setting.key);
  const [first] = unknown;
  return {
    ...atValue(setting.file, setting, { start: first!.start, end: first!.start + 2 }),
    level: command ? "will-not-start" : setting.key === "Description" ? "risky" : "will-not-do-what-it-says",
    says: `systemd knows no specifier %${first!.letter}`,
    happens: command ? "systemd refuses the unit: bad-setting" : `${setting.key}= is dropped`,
    fix: "write %% for a % of your own",
    // A digit is never a specifier: nothing but a percent sign can be meant.
    ...(unknown.every(({ letter }) => /\d/.test(letter)) ? doubled(setting, unknown) : {}),
  };
}

function doubled(setting: Setting, places: readonly Specifier[]): Pick<Finding, "edits"> {
  return {
    edits: places.map(({ start }) => {
      const at = atValue(setting.file, setting, { start, end: start + 1 }).start;
      return { start: at, end: at, text: "%" };
    }),
  };
}
