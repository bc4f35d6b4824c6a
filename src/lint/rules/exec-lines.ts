import { directiveIn } from "../../unit/directives.ts";
import { splitWords } from "../../unit/words.ts";
import { inForce, isCommandKey, isYes, unitCommands } from "../in-force.ts";
import { atKey, atValue, type Rule } from "../rule.ts";
import { trailingComment } from "../trailing-comment.ts";

const splitKinds = new Set(["PATH [...]", "UNIT [...]", "ENVIRON", "PATH[:PATH[:OPTIONS]] [...]"]);

/** Command lines as a whole: their quotes, their number, and none at all. */
export const execLineRules: readonly Rule[] = [
  {
    id: "unclosed-quote",
    level: "will-not-start",
    reason: "every quote is closed in the same value; an apostrophe is a quote too",
    happens: "systemd refuses a unit with such a command, and ignores the line elsewhere",
    source: "systemd.syntax(7)",
    bad: '[Service]\nExecStart=/usr/bin/bot --name "my bot\n',
    good: '[Service]\nExecStart=/usr/bin/bot --name "my bot" --note "it\'s on"\nEnvironment="NOTE=it\'s on"\n',
    *check(unit) {
      for (const setting of unit.settings.written) {
        const { section, key, value, file } = setting;
        if (!/["']/.test(value) || section === null || trailingComment(setting) !== null) continue;
        const command = isCommandKey(key);
        if (!command && !splitKinds.has(directiveIn(section, key)?.kind ?? "")) continue;
        if (!splitWords(value).unclosed) continue;
        yield {
          ...atValue(file, setting, quoteIn(value)),
          level: command ? "will-not-start" : "will-not-do-what-it-says",
          says: `a quote in ${key}= is never closed`,
          happens: command ? "systemd refuses the unit: bad-setting" : "systemd ignores the line",
          fix: "close the quote, or put a backslash before it when it belongs to the text",
        };
      }
    },
  },
  {
    id: "quoted-command",
    level: "will-not-start",
    reason: "one pair of quotes is one word: a program whose name has blanks in it",
    happens: "no file has that name: 203/EXEC",
    source: "systemd.service(5), COMMAND LINES",
    bad: '[Service]\nExecStart="/usr/bin/bot --verbose"\n',
    good: '[Service]\nExecStart="/opt/my bot/bot" --verbose\n',
    *check(unit) {
      for (const { setting, command } of unitCommands(unit)) {
        const { program, arguments: rest } = command;
        if (!program.quoted || rest.length > 0 || !/^\/?[^\s]+\s+-?\S/.test(program.text)) continue;
        if (/^\/[^\s]*\s[^\s]*\//.test(program.text) && !/\s[-/]/.test(program.text)) continue;
        yield {
          ...atValue(setting.file, setting, program),
          says: `${setting.key}= has its whole command in one pair of quotes`,
          fix: `write ${setting.key}=${program.text}`,
        };
      }
    },
  },
  {
    id: "two-commands",
    level: "will-not-start",
    reason: "only a Type=oneshot service may have more than one ExecStart=",
    happens: "systemd refuses the unit: bad-setting",
    source: "systemd.service(5)",
    bad: {
      units: {
        "bot.service": "[Service]\nExecStart=/usr/bin/bot\n",
        "bot.service.d/10-debug.conf": "[Service]\nExecStart=/usr/bin/bot --debug\n",
      },
    },
    good: {
      units: {
        "bot.service": "[Service]\nExecStart=/usr/bin/bot\n",
        "bot.service.d/10-debug.conf": "[Service]\nExecStart=\nExecStart=/usr/bin/bot --debug\n",
      },
    },
    *check(unit) {
      if (unit.type !== "service" || unit.partial || unit.settings.value("Service", "Type") === "oneshot")
        return;
      const starts = unitCommands(unit).filter(({ key }) => key === "ExecStart");
      const second = starts[1];
      if (second === undefined) return;
      const first = starts[0]!.setting;
      const { setting, command } = second;
      if (first === setting) {
        yield {
          ...atValue(setting.file, setting, command.program),
          says: 'ExecStart= has two commands: " ; " begins another one',
          fix: "let a shell run both: /bin/sh -c '…', or move the first to ExecStartPre=",
        };
        return;
      }
      const dropIn = first.file !== setting.file;
      yield {
        ...atKey(setting.file, setting),
        says: `this is the second ExecStart= of a service that is not Type=oneshot; the first is in ${first.file.path}:${first.line}`,
        fix: dropIn
          ? "put an empty ExecStart= above it"
          : "move all but one to ExecStartPre=, or make it Type=oneshot",
        ...(dropIn ? { edits: [{ start: setting.start, end: setting.start, text: "ExecStart=\n" }] } : {}),
      };
    },
  },
  {
    id: "no-command",
    level: "will-not-start",
    reason: "a service has something to run",
    happens: "systemd refuses the unit: bad-setting",
    source: "systemd.service(5), ExecStart=",
    bad: "[Unit]\nDescription=Bot\n\n[Service]\nType=simple\nUser=root\n",
    good: "[Unit]\nDescription=Bot\n\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStop=/usr/bin/true\n",
    *check(unit) {
      const { settings } = unit;
      if (unit.type !== "service" || unit.partial || settings.has("Service", "BusName")) return;
      // Another rule says why the command is not seen.
      if (settings.files.some(({ nodes }) => nodes.some(({ kind }) => kind === "junk"))) return;
      if (inForce(unit).some(({ section, key }) => section !== "Service" && isCommandKey(key))) return;
      if (settings.all("Service", "ExecStart").length > 0 || settings.value("Unit", "SuccessAction") !== null)
        return;
      const stays = isYes(settings.value("Service", "RemainAfterExit"));
      const oneshot = (settings.value("Service", "Type") ?? "oneshot") === "oneshot";
      if (stays && oneshot && settings.all("Service", "ExecStop").length > 0) return;
      const file = settings.files[0];
      const place =
        file?.nodes.find((node) => node.kind === "section" && node.name === "Service") ?? file?.nodes[0];
      if (file === undefined || place === undefined) return;
      yield {
        file,
        start: place.start,
        end: place.start + Math.max(1, file.text.slice(place.start, place.end).trimEnd().length),
        says:
          stays && oneshot
            ? "the service has neither ExecStart= nor ExecStop="
            : "the service has no ExecStart=",
        fix: "write ExecStart= with the program",
      };
    },
  },
];

/** The last quote of a value: most likely the one that is not closed. */
function quoteIn(value: string): { start: number; end: number } {
  const start = Math.max(value.lastIndexOf('"'), value.lastIndexOf("'"));
  return { start, end: start + 1 };
}
