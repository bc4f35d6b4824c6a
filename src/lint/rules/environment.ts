import { setValue } from "../../unit/edit-unit.ts";
import type { Setting } from "../../unit/settings.ts";
import { splitWords, type Word } from "../../unit/words.ts";
import { hideShapes } from "../../value/secret-shapes.ts";
import { assignedName, atName, environments } from "../assignments.ts";
import { inForce, mostOfLine } from "../in-force.ts";
import { atValue, type Finding, type Rule } from "../rule.ts";
import { trailingComment, withoutComment } from "../trailing-comment.ts";

/** Assignments in Environment=. */
export const environmentRules: readonly Rule[] = [
  {
    id: "environment-word-lost",
    level: "will-not-do-what-it-says",
    reason: "blanks separate assignments: a value with blanks needs quotes around the whole assignment",
    happens: "words that are no NAME=value are dropped; verify still exits 0",
    source: "systemd.exec(5), Environment=",
    bad: "[Service]\nExecStart=/usr/bin/bot\nEnvironment=OPTS=-a -b\n",
    good: '[Service]\nExecStart=/usr/bin/bot\nEnvironment="OPTS=-a -b" MODE=paper\nEnvironment=NOTE="two words"\n',
    *check(unit) {
      for (const setting of environments(inForce(unit))) {
        const { words } = splitWords(withoutComment(setting));
        const lost = words.filter(({ text }) => !isAssignment(text));
        if (lost.length === 0) continue;
        yield {
          ...atValue(setting.file, setting, { start: lost[0]!.start, end: lost[0]!.end }),
          ...lostWords(setting, words, lost),
        };
      }
    },
  },
  {
    id: "environment-comma",
    level: "will-not-do-what-it-says",
    reason: "blanks separate assignments, and commas belong to the value",
    happens: '"A=1","B=2" is one variable A with the value 1,B=2',
    source: "systemd.exec(5), Environment=; measured on 252",
    bad: '[Service]\nExecStart=/usr/bin/bot\nEnvironment="A=1","B=2"\n',
    good: '[Service]\nExecStart=/usr/bin/bot\nEnvironment="A=1" "B=2"\nEnvironment=LIST=a=1,b=2\n',
    *check(unit) {
      for (const setting of environments(inForce(unit))) {
        const { value, file, lines } = setting;
        const comma = /["'][ \t]{0,8},|,[ \t]{0,8}["']|,[ \t]{1,8}[A-Za-z_]\w{0,80}=/.exec(value);
        if (comma === null) continue;
        const start = comma.index + comma[0].indexOf(",");
        const split = splitWords(value).words.find((word) => word.start <= start && word.end > start);
        if (split === undefined || !looksSeparating(value, start, split)) continue;
        yield {
          ...atValue(file, setting, { start, end: start + 1 }),
          says: "a comma stands between two assignments",
          fix: "write a blank for it",
          ...(lines === 1
            ? { edits: [{ ...range(setting, start), text: value[start + 1] === " " ? "" : " " }] }
            : {}),
        };
      }
    },
  },
  {
    id: "environment-not-expanded",
    level: "will-not-do-what-it-says",
    reason: "nothing is expanded in Environment=: $ is a letter like any other",
    happens: "PATH=$PATH:/x is literal, and no command is found any more",
    source: "systemd.exec(5), Environment=; measured on 252",
    bad: "[Service]\nExecStart=/usr/bin/bot\nEnvironment=PATH=$PATH:/opt/bot/bin\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nEnvironment=PATH=/opt/bot/bin:/usr/bin:/bin PRICE=5$ PS1=$\n",
    *check(unit) {
      for (const setting of environments(inForce(unit)))
        for (const word of splitWords(withoutComment(setting))
          .words.filter(({ text }) => text.includes("$"))
          .slice(0, mostOfLine)) {
          const name = assignedName(word.text);
          const used =
            name === null
              ? null
              : /\$(?:\{([A-Za-z_]\w*)\}?|([A-Za-z_]\w*))/.exec(word.text.slice(name.length + 1));
          if (name === null || used === null) continue;
          const variable = used[1] ?? used[2]!;
          // A secret may have a dollar sign in it, and is right as it is.
          if (hideShapes(word.text).count > 0 || !/^[A-Z_][A-Z0-9_]*$/.test(variable)) continue;
          yield {
            ...atName(setting, word, name),
            says: `$${variable} in the value of ${name} is not replaced`,
            ...(name === "PATH"
              ? { happens: "commands are looked for in a directory with that name, and not found" }
              : {}),
            fix: "write the value out; %h and other specifiers are replaced",
          };
        }
    },
  },
  {
    id: "environment-spaced",
    level: "will-not-do-what-it-says",
    reason: "no blank stands before or behind = of a variable",
    happens: "the name alone and the value alone are dropped, or the value is empty",
    source: "systemd.exec(5), Environment=",
    bad: "[Service]\nExecStart=/usr/bin/bot\nEnvironment=MODE= paper\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nEnvironment=MODE=paper EMPTY= OTHER=x\n",
    *check(unit) {
      for (const setting of environments(inForce(unit))) {
        const { words } = splitWords(withoutComment(setting));
        for (const [index, word] of words.entries()) {
          const next = words[index + 1];
          const loose =
            word.text === "=" ||
            (/^[A-Za-z_]\w*=$/.test(word.text) &&
              !word.quoted &&
              next !== undefined &&
              !next.text.includes("="));
          if (!loose) continue;
          yield {
            ...atValue(setting.file, setting, { start: word.start, end: word.end }),
            says: 'a blank stands beside "="',
            fix: "write NAME=value without blanks around =",
          };
        }
      }
    },
  },
];

function isAssignment(text: string): boolean {
  return assignedName(text) !== null;
}

function range(setting: Setting, start: number): { start: number; end: number } {
  const at = atValue(setting.file, setting, { start, end: start + 1 });
  return { start: at.start, end: at.end };
}

function lostWords(
  setting: Setting,
  words: readonly Word[],
  lost: readonly Word[],
): Pick<Finding, "says" | "fix" | "edits" | "happens"> {
  const before = words.findLast((word) => word.start < lost[0]!.start && isAssignment(word.text));
  const name = before === undefined ? null : assignedName(before.text);
  const many = lost.length === 1 ? "a word" : `${lost.length} words`;
  if (lost.some(({ text }) => text === "export"))
    return { says: '"export" is no assignment', fix: "leave it out" };
  if (name === null)
    return {
      says: `${many} of Environment= ${lost.length === 1 ? "is" : "are"} no NAME=value`,
      fix: "write NAME=value",
    };
  // "A=x y z" with nothing quoted can only mean one value.
  const plain =
    words.length === lost.length + 1 && words[0] === before && !words.some(({ quoted }) => quoted);
  const sure =
    plain && setting.lines === 1 && trailingComment(setting) === null && !/["'\\]/.test(setting.value);
  return {
    says: `${many} behind ${name} ${lost.length === 1 ? "is" : "are"} lost`,
    fix: `write quotes around the whole assignment: Environment="${name}=…"`,
    ...(sure ? { edits: [setValue(setting.file, setting, `"${setting.value}"`)] } : {}),
  };
}

/** A comma between quoted assignments, or before a blank and another one; not one inside a quoted list. */
function looksSeparating(value: string, comma: number, word: Word): boolean {
  const raw = value.slice(word.start, word.end);
  const at = comma - word.start;
  const left = raw.slice(0, at).trimEnd();
  const right = value.slice(comma + 1).trimStart();
  const quotesLeft = (left.match(/["']/g) ?? []).length;
  if (quotesLeft % 2 === 1) return false;
  return /^["']?[A-Za-z_]\w*=/.test(right);
}
