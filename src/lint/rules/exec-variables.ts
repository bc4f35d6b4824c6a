import type { ExecCommand } from "../../unit/exec-line.ts";
import type { Word } from "../../unit/words.ts";
import { inForce, mostOfLine, unitCommands } from "../in-force.ts";
import { atValue, type Rule } from "../rule.ts";
import { readsScript, usesShell } from "../script-readers.ts";
import { knownVariables } from "../variables.ts";

/** Variables in commands, which systemd replaces by rules of its own. */
export const execVariableRules: readonly Rule[] = [
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
