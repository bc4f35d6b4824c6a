import type { ExecCommand } from "../../unit/exec-line.ts";
import type { Setting } from "../../unit/settings.ts";
import type { Word } from "../../unit/words.ts";
import { inForce, isCommandKey, unitCommands } from "../in-force.ts";
import { atValue, type Finding, type Rule } from "../rule.ts";

/** Syntax of a shell in commands, which no shell reads. */
export const execWordRules: readonly Rule[] = [
  {
    id: "exec-shell-syntax",
    level: "will-not-do-what-it-says",
    reason: "systemd starts the program itself: no shell reads the command line",
    happens: "the program gets these signs and all that follows as arguments",
    source: "systemd.service(5), COMMAND LINES; measured on 252",
    bad: "[Service]\nExecStart=/usr/bin/bot --verbose > /var/log/bot.log 2>&1\n",
    good: "[Service]\nExecStart=/usr/bin/bot --verbose\nExecStartPost=/bin/sh -c 'echo up > /run/bot.up && date | cat'\nStandardOutput=append:/var/log/bot.log\n",
    *check(unit) {
      for (const { setting, command } of unitCommands(unit)) yield* shellSyntax(setting, command);
    },
  },
  {
    id: "exec-builtin",
    level: "will-not-start",
    reason: "this is a word of the shell, and no program",
    happens: "no file has that name: 203/EXEC",
    source: "systemd.service(5), COMMAND LINES",
    bad: "[Service]\nExecStart=cd /opt/bot\n",
    good: "[Service]\nWorkingDirectory=/opt/bot\nExecStart=/usr/bin/env MODE=paper /opt/bot/run\n",
    *check(unit) {
      for (const { setting, command } of unitCommands(unit)) {
        const { program } = command;
        const assigns = /^[A-Za-z_]\w*=/.test(program.text);
        if (!assigns && !builtins.has(program.text)) continue;
        yield {
          ...atValue(setting.file, setting, program),
          says: assigns
            ? `${setting.key}= begins with an assignment, and not with a program`
            : `"${program.text}" is a word of the shell, and no program`,
          fix: assigns
            ? "move it to Environment="
            : program.text === "cd"
              ? "say the directory with WorkingDirectory=, and begin with the program"
              : "let a shell run it: /bin/sh -c '…'",
        };
      }
    },
  },
  {
    id: "smart-quotes",
    level: "will-not-do-what-it-says",
    reason: "typographic quotes and dashes are letters like any other",
    happens: "the program gets them as they are, and the words between them are not kept together",
    source: "systemd.syntax(7); measured on 252",
    bad: "[Service]\nExecStart=/usr/bin/bot --name “my bot”\n",
    good: '[Service]\nExecStart=/usr/bin/bot --name "my bot" "it’s fine – really"\n',
    *check(unit) {
      for (const setting of inForce(unit)) {
        const { key, value, file, lines } = setting;
        if (!isCommandKey(key) && key !== "Environment") continue;
        const odd = /(?:^|[\s=])([“”„«»‘‚]|[–—]+(?=[A-Za-z]))/.exec(value);
        if (!odd) continue;
        const start = odd.index + odd[0].length - odd[1]!.length;
        const end = start + odd[1]!.length;
        const dash = /[–—]/.test(odd[1]!);
        const plain = value.replace(/[“”„«»]/g, '"').replace(/[‘’‚]/g, "'");
        const at = atValue(file, setting, { start: 0, end: value.length });
        const safe =
          !dash &&
          lines === 1 &&
          !/["']/.test(value) &&
          (plain.split('"').length + plain.split("'").length) % 2 === 0;
        yield {
          ...atValue(file, setting, { start, end }),
          says: dash ? `"${odd[1]}" is a typographic dash` : `${odd[1]} is a typographic quote`,
          fix: dash ? 'write "-" or "--"' : `write " or '`,
          ...(safe ? { edits: [{ start: at.start, end: at.end, text: plain }] } : {}),
        };
      }
    },
  },
];

const builtins = new Set(". source cd export ulimit exec set eval umask alias if for while until".split(" "));
const operators = new Set("&& || | |& & > >> < << <<< 2> 2>> 1> 1>> &> &>> 2>&1 1>&2 >&2".split(" "));

function* shellSyntax(setting: Setting, command: ExecCommand): Iterable<Finding> {
  const { file, value, key, lines } = setting;
  const words = command.arguments;
  const signs = words.filter((word, index) => isShellSign(word, value, index < words.length - 1));
  const first = signs[0];
  if (first === undefined) return;
  const background = first.text === "&" && first === words.at(-1);
  const at = atValue(file, setting, { start: first.start, end: (signs.at(-1) ?? first).end });
  yield {
    ...at,
    says: `no shell reads ${key}=: the program gets ${[...new Set(signs.map(({ text }) => `"${text}"`))].slice(0, 3).join(", ")} as ${signs.length === 1 ? "an argument" : "arguments"}`,
    fix: shellFix(first.text, background),
    ...(background && lines === 1 && signs.length === 1
      ? { edits: [{ start: at.start - (value[first.start - 1] === " " ? 1 : 0), end: at.end, text: "" }] }
      : {}),
  };
}

function isShellSign(word: Word, value: string, followed: boolean): boolean {
  if (word.quoted) return false;
  const raw = value.slice(word.start, word.end);
  if (operators.has(raw)) return true;
  if (/^(?:[12]|&)?>>?(?:&[12]|\/[^\s>]+|[\w.-]+\.(?:log|txt|out|err))$/.test(raw)) return true;
  return followed && raw.length > 1 && /[^\\;];$/.test(raw);
}

function shellFix(sign: string, background: boolean): string {
  if (background) return 'remove "&": systemd itself runs the service in the background';
  if (/>/.test(sign) && !/^[&|]{2}$/.test(sign))
    return "use StandardOutput=append:/var/log/NAME.log and StandardError=inherit, or let a shell run it: /bin/sh -c '…'";
  if (sign === "&&")
    return "put the first command into ExecStartPre=, or let a shell run both: /bin/sh -c '…'";
  return "let a shell run it: /bin/sh -c '…'";
}
