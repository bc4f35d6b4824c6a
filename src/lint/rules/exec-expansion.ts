import type { ExecCommand } from "../../unit/exec-line.ts";
import type { Word } from "../../unit/words.ts";
import { mostOfLine, programName, unitCommands } from "../in-force.ts";
import { atValue, type Finding, type Rule } from "../rule.ts";
import { usesShell } from "../script-readers.ts";

/** What a shell would expand in commands, and systemd does not. */
export const execExpansionRules: readonly Rule[] = [
  {
    id: "exec-expansion",
    level: "will-not-do-what-it-says",
    reason: "systemd expands $NAME and ${NAME} in commands, and nothing else",
    happens:
      "~, globs, `…` and ${NAME:-x} reach the program as they are; a word that begins with $(…) vanishes",
    source: "systemd.service(5), COMMAND LINES; measured on 252",
    bad: "[Service]\nExecStart=/usr/bin/java -jar /opt/app/*.jar --config ~/app.conf\n",
    good: "[Service]\nExecStart=/bin/sh -c 'exec java -jar /opt/app/*.jar --config ~/app.conf --host ${HOST:-x} $(cat /opt/x)'\nExecStartPre=/usr/bin/find /srv -name *.tmp -delete\n",
    *check(unit) {
      for (const { setting, command } of unitCommands(unit)) {
        const kind = { shell: usesShell(command), files: takesFiles(command) };
        const words = command.arguments.filter(({ text }) => /[$`~*]/.test(text));
        for (const word of words.slice(0, mostOfLine)) {
          const says = shellOnly(word, kind);
          if (says !== null)
            yield {
              ...atValue(setting.file, setting, word),
              ...says,
              fix: says.fix ?? "write the value out, or let a shell run it: /bin/sh -c '…'",
            };
        }
      }
    },
  },
];

const opensFiles = new Set(
  "java node python python3 rm cp mv cat ls chmod chown chgrp ln touch mkdir tar gzip zip sha256sum head tail wc sort".split(
    " ",
  ),
);

/** Why a word does not become what a shell would make of it; null when it stays what it is. */
function shellOnly(
  word: Word,
  kind: { shell: boolean; files: boolean },
): Pick<Finding, "says" | "happens" | "fix"> | null {
  const { text, quoted } = word;
  if (text.startsWith("$("))
    return {
      says: "systemd reads a word that begins with $( as a variable, which is not set",
      happens: "the word vanishes",
      fix: "begin the word with something else, such as exec",
    };
  if (kind.shell && quoted) return null;
  if (/\$\([a-z]/.test(text))
    return { says: "no shell reads this: $(…) is not run", happens: "it reaches the program as it is" };
  if (/\$\{\w+(:?[-+=?]|%|#)/.test(text))
    return {
      says: "systemd has no defaults for variables: ${NAME:-x}",
      happens: "it reaches the program as it is",
    };
  if (quoted) return null;
  if (/^`[^`]+`$/.test(text) || /=`/.test(text))
    return { says: "no shell reads this: `…` is not run", happens: "it reaches the program as it is" };
  if (/^(--?[\w-]+=)?~(\/|$)/.test(text))
    return {
      says: '"~" is no home directory here',
      happens: 'the program gets "~" as it is',
      fix: "write the path out; %h is the home of the user that the manager runs as",
    };
  if (kind.files && /^(?!-)(?:\.{0,2}\/.*\*|[\w.*-]*\*\.\w+$)/.test(text))
    return {
      says: `"*" in ${text} is not expanded`,
      happens: "the program looks for a file with a * in its name",
    };
  return null;
}

/** Whether the program opens the files that it is given, so that a glob among them can only be meant for a shell. */
function takesFiles({ program, arguments: words }: ExecCommand): boolean {
  return (
    opensFiles.has(programName(program.text)) &&
    !words.some(({ text }) => /^--?(?:exclude|include|wildcards)/.test(text))
  );
}
