import type { ExecCommand } from "../../unit/exec-line.ts";
import type { Word } from "../../unit/words.ts";
import { knownVariables } from "../variables.ts";
import { inForce, mostOfLine, programName, unitCommands } from "../in-force.ts";
import { atValue, type Finding, type Rule } from "../rule.ts";

/** What a shell would expand in commands, and systemd does not, or does in its own way. */
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
  {
    id: "variable-in-word",
    level: "will-not-do-what-it-says",
    reason: "inside a word systemd replaces ${NAME} only; $NAME must be a word by itself",
    happens: "--port=$PORT reaches the program with its dollar sign",
    source: "systemd.service(5), COMMAND LINES; measured on 252",
    bad: "[Service]\nEnvironment=PORT=8080\nExecStart=/usr/bin/bot --port=$PORT\n",
    good: "[Service]\nEnvironment=PORT=8080\nExecStart=/usr/bin/bot --port=${PORT} --sum=$$X\nExecStartPost=/usr/bin/awk '{print $NF}' /srv/$x\n",
    *check(unit, context) {
      const known = knownVariables(unit, context);
      for (const { setting, command } of unitCommands(unit)) {
        if (readsScript(command)) continue;
        for (const word of command.arguments) {
          const inside = /(?<=[=:/@,._-])\$([A-Z_][A-Z0-9_]*)/.exec(word.text);
          if (inside === null || word.text[inside.index - 1] === "$") continue;
          const name = inside[1]!;
          const raw = setting.value.indexOf(`$${name}`, word.start);
          if (raw === -1 || raw >= word.end) continue;
          const at = atValue(setting.file, setting, { start: raw, end: raw + name.length + 1 });
          yield {
            ...at,
            says: `$${name} stands inside a word, where systemd does not replace it`,
            fix: `write \${${name}}`,
            ...(known.sure.has(name)
              ? { edits: [{ start: at.start, end: at.end, text: `\${${name}}` }] }
              : {}),
          };
        }
      }
    },
  },
  {
    id: "unset-variable",
    level: "will-not-do-what-it-says",
    reason: "systemd replaces a variable that is not set by nothing, before any shell sees it",
    happens: "a word $NAME vanishes, and ${NAME} becomes empty",
    source: "systemd.service(5), COMMAND LINES; measured on 252",
    bad: "[Service]\nExecStart=/usr/bin/bot --data $HOME/data\n",
    good: "[Service]\nUser=root\nEnvironment=NAME=a\nExecStart=/usr/bin/bot $NAME $HOME ${STATE_DIRECTORY}\nExecStop=/bin/kill $MAINPID\nExecStartPost=/bin/sh -c 'x=1; echo $x'\n",
    *check(unit, context) {
      const known = knownVariables(unit, context);
      if (!known.complete) return;
      for (const { setting, command } of unitCommands(unit))
        for (const [word, lost] of lostWords(command, known.names)) {
          const optional = /(OPT|OPTS|OPTIONS|ARGS|ARGUMENTS|FLAGS|EXTRA)$/i.test(lost.name);
          // Left out of its file, so that the word vanishes: that is how such files are used.
          if (optional && lost.whole && inForce(unit).some(({ key }) => key === "EnvironmentFile")) continue;
          yield {
            ...atValue(setting.file, setting, word),
            ...(optional ? { level: "risky" as const } : {}),
            says: lost.whole
              ? `${lost.text} is not set for this service: the whole word vanishes`
              : `${lost.text} is not set for this service: it becomes empty`,
            fix: lost.name === "HOME" ? "write the path out, or use %h" : fixUnset(lost, command),
          };
        }
    },
  },
  {
    id: "several-options-in-braces",
    level: "will-not-do-what-it-says",
    reason: "${NAME} always is one argument; $NAME as a word is split at blanks",
    happens: "the program gets all options as one argument",
    source: "systemd.service(5), COMMAND LINES; measured on 252",
    bad: '[Service]\nEnvironment="OPTS=--port 8080 --verbose"\nExecStart=/usr/bin/bot ${OPTS}\n',
    good: '[Service]\nEnvironment="OPTS=--port 8080 --verbose" "NAME=my bot"\nExecStart=/usr/bin/bot $OPTS --name ${NAME}\n',
    *check(unit, context) {
      const known = knownVariables(unit, context);
      for (const { setting, command } of unitCommands(unit))
        for (const word of command.arguments) {
          const name = /^\$\{([A-Za-z_]\w*)\}$/.exec(word.text)?.[1];
          if (name === undefined || !/^-\S*\s+\S/.test(known.values.get(name) ?? "")) continue;
          const at = atValue(setting.file, setting, word);
          yield {
            ...at,
            says: `\${${name}} holds several options, and is passed as one argument`,
            fix: `write $${name}`,
            ...(!word.quoted ? { edits: [{ start: at.start, end: at.end, text: `$${name}` }] } : {}),
          };
        }
    },
  },
];

const shells = new Set("sh bash dash zsh ksh ash fish busybox".split(" "));
const scripting = new Set(
  "awk gawk mawk perl sed python python3 ruby php node jq tmux screen expect tclsh lua grep egrep find xargs nft".split(
    " ",
  ),
);

/** Whether a shell or a language reads an argument, in which "$" has a meaning of its own. */
function readsScript({ program, arguments: words }: ExecCommand): boolean {
  return [program, ...words].some(({ text }) => {
    const name = programName(text);
    return shells.has(name) || scripting.has(name);
  });
}

function usesShell({ program, arguments: words }: ExecCommand): boolean {
  return [program, ...words].some(({ text }) => shells.has(programName(text)));
}

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

type Lost = { text: string; name: string; whole: boolean };

/** Words with a variable that systemd will not find. */
function lostWords(command: ExecCommand, known: ReadonlySet<string>): [Word, Lost][] {
  return command.arguments
    .flatMap((word): [Word, Lost][] => {
      const lost = word.text.includes("$") ? lostVariable(word.text, known) : null;
      return lost === null ? [] : [[word, lost]];
    })
    .slice(0, mostOfLine);
}

/** The first variable of a word that systemd will not find. */
function lostVariable(text: string, known: ReadonlySet<string>): Lost | null {
  // systemd takes all that follows a leading "$" as the name.
  if (/^\$[A-Za-z_]/.test(text)) {
    const name = /^\$(\w+)/.exec(text)![1]!;
    return known.has(text.slice(1))
      ? null
      : { text: text.length > 40 ? `$${name}…` : text, name, whole: true };
  }
  for (const { 0: variable, 1: name, index } of text.matchAll(/\$\{([A-Za-z_]\w*)\}/g)) {
    let dollars = 0;
    while (text[index - dollars - 1] === "$") dollars += 1;
    if (dollars % 2 === 0 && !known.has(name!)) return { text: variable, name: name!, whole: false };
  }
  return null;
}

function fixUnset({ name, whole, text }: Lost, command: ExecCommand): string {
  if (usesShell(command))
    return `write $$ for a $ that the shell shall see, or set ${name} with Environment=`;
  return whole && text !== `$${name}`
    ? `write \${${name}} and set it with Environment=`
    : `set it with Environment=${name}=…`;
}
