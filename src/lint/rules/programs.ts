import type { HostFacts } from "../../host/facts.ts";
import { hasUnmetCondition } from "../conditions.ts";
import { unitCommands, type UnitCommand } from "../in-force.ts";
import type { LintUnit } from "../lint-unit.ts";
import { atValue, type Finding, type Level, type Rule } from "../rule.ts";

/** Programs that systemd cannot start. */
export const programRules: readonly Rule[] = [
  {
    id: "relative-program",
    level: "will-not-start",
    reason:
      "a program is named by its absolute path, or by a bare name that systemd looks for in its own PATH",
    happens: 'systemd refuses the unit: "Neither a valid executable name nor an absolute path"',
    source: "systemd.service(5), COMMAND LINES",
    bad: "[Service]\nWorkingDirectory=/opt/bot\nExecStart=venv/bin/python main.py\n",
    good: "[Service]\nWorkingDirectory=/opt/bot\nExecStart=/opt/bot/venv/bin/python main.py\nExecStartPre=-echo up\nExecStopPost=%h/bin/after\n",
    *check(unit) {
      for (const { setting, command } of unitCommands(unit)) {
        const { text } = command.program;
        if (
          /^[/%]/.test(text) ||
          (!text.includes("/") && text !== "" && !text.startsWith("$") && text !== "~")
        )
          continue;
        yield {
          ...atValue(
            setting.file,
            setting,
            command.program.end > command.program.start ? command.program : { start: 0, end: 1 },
          ),
          says: text === "" ? `${setting.key}= has no program` : `${text} is not an absolute path`,
          ...(text === "" ? { happens: "systemd refuses the unit: bad-setting" } : {}),
          fix: fixRelative(text, unit),
        };
      }
    },
  },
  {
    id: "program-missing",
    level: "will-not-start",
    reason: "the program is not on this host",
    happens: "203/EXEC at start",
    needsHost: true,
    source: "systemd.exec(5), PROCESS EXIT CODES",
    bad: {
      units: { "bot.service": "[Service]\nExecStart=/opt/bot/run\n" },
      host: {},
    },
    good: {
      units: { "bot.service": "[Service]\nExecStart=/opt/bot/run\nExecStartPost=-/opt/bot/after\n" },
      host: { paths: { "/opt/bot/run": "0755" } },
    },
    check: (unit, { host }) => eachProgram(unit, host!, missing),
  },
  {
    id: "program-not-executable",
    level: "will-not-start",
    reason:
      "the kernel runs files that may be executed and whose first line names an interpreter that is there",
    happens: "203/EXEC at start",
    needsHost: true,
    source: "execve(2); measured on 252",
    bad: {
      units: { "bot.service": "[Service]\nExecStart=/opt/bot/run\nExecStop=/opt/bot/stop\n" },
      host: { paths: { "/opt/bot/run": "0644", "/opt/bot/stop": "#!/bin/sh\r\necho\r\n" } },
    },
    good: {
      units: { "bot.service": "[Service]\nExecStart=/opt/bot/run\nExecStop=/opt/bot/stop\n" },
      host: { paths: { "/opt/bot/run": "0755", "/opt/bot/stop": "#!/bin/sh\necho\n", "/bin/sh": "0755" } },
    },
    check: (unit, { host }) => eachProgram(unit, host!, notRunnable),
  },
];

function fixRelative(text: string, unit: LintUnit): string {
  const directory = unit.settings.value("Service", "WorkingDirectory");
  if (text.startsWith("~/") || text.startsWith("$HOME/")) return "write the path out: /home/NAME/…";
  if (text.startsWith("$"))
    return "systemd replaces no variable in the place of a program: write the path out";
  const place = directory !== null && directory.startsWith("/") ? directory.replace(/\/+$/, "") : "/path/to";
  return `write ${place}/${text.replace(/^\.\//, "")}`;
}

const searched = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

type Trouble = Pick<Finding, "says" | "fix" | "happens">;

/** Asks about each program that must be there: not those behind "-", in another root, or of units that do not apply to this host. */
function* eachProgram(
  unit: LintUnit,
  host: HostFacts,
  ask: (path: string, host: HostFacts) => Trouble | null,
): Iterable<Finding> {
  const { settings } = unit;
  if (
    ["RootDirectory", "RootImage", "ExtensionImages", "MountImages", "BindPaths", "BindReadOnlyPaths"].some(
      (key) => settings.value("Service", key) !== null,
    )
  )
    return;
  if (hasUnmetCondition(unit, host)) return;
  for (const one of unitCommands(unit)) {
    const { setting, command } = one;
    const { text } = command.program;
    // A program with blanks in quotes most likely is a whole command, which another rule tells.
    if (command.program.quoted && /\s/.test(text)) continue;
    if (command.prefix.includes("-") || /[%$]/.test(text) || text === "") continue;
    const path = text.startsWith("/") ? text : text.includes("/") ? null : findProgram(text, unit, host);
    if (path === null) continue;
    const trouble = ask(path, host);
    if (trouble !== null)
      yield { ...atValue(setting.file, setting, command.program), level: levelOf(one), ...trouble };
  }
}

/** Where systemd finds a bare name; a path that is not there when it finds none. */
function findProgram(name: string, unit: LintUnit, host: HostFacts): string {
  const places = unit.settings.value("Service", "ExecSearchPath")?.split(":") ?? searched;
  return (
    places.map((place) => `${place}/${name}`).find((path) => host.path(path) !== null) ??
    `${places[0]}/${name}`
  );
}

function levelOf({ key }: UnitCommand): Level {
  const starts = ["ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost"].includes(key);
  return starts ? "will-not-start" : "will-not-do-what-it-says";
}

function missing(path: string, host: HostFacts): Trouble | null {
  const fact = host.path(path);
  if (fact === null) return { says: `${path} is not on this host`, fix: "install it, or correct the path" };
  if (fact.kind === "file") return null;
  return { says: `${path} is no file`, fix: "name the program itself" };
}

function notRunnable(path: string, host: HostFacts): Trouble | null {
  const fact = host.path(path);
  if (fact?.kind !== "file") return null;
  if ((fact.mode & 0o111) === 0) return { says: `${path} may not be executed`, fix: `chmod +x ${path}` };
  const head = host.head(path);
  if (head === null || head === "") return null;
  const interpreter = /^#![ \t]*(\/[^\s]+)[^\n]*?(\r)?\n/.exec(head);
  if (interpreter) {
    if (interpreter[2] !== undefined)
      return {
        says: `the first line of ${path} ends as on Windows (CRLF): its interpreter "${interpreter[1]}\\r" does not exist`,
        fix: `sed -i 's/\\r$//' ${path}`,
      };
    return host.path(interpreter[1]!) === null
      ? {
          says: `${path} is to be run by ${interpreter[1]}, which is not on this host`,
          fix: `install it, or correct the first line of ${path}`,
        }
      : null;
  }
  // Other signatures may be registered with the kernel (binfmt_misc); text never is.
  if (head.startsWith("#!") || !/^[\t\n\r\x20-\x7e]+$/.test(head)) return null;
  return {
    says: `${path} is a text without a first line that names its interpreter`,
    fix: "begin it with #!/bin/sh, or what it is written in",
  };
}
