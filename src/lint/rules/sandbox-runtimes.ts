import { readUnsigned } from "../../unit/read-value.ts";
import { inForce, isYes, unitCommands } from "../in-force.ts";
import type { LintUnit } from "../lint-unit.ts";
import { atKey, atValue, type LintContext, type Rule } from "../rule.ts";
import { runtimeOf, type Runtime } from "../runtime.ts";

/** Settings of the sandbox under which a runtime dies, or goes wrong without a word. */
export const sandboxRuntimeRules: readonly Rule[] = [
  {
    id: "jit-forbidden",
    level: "will-not-start",
    reason: "runtimes that compile while they run need memory that is writable and executable",
    happens: "Node, Deno, Java and LuaJIT die while they start (SIGTRAP, SIGABRT or a panic)",
    source: "measured on 252 and 257 with Node 20 to 24, Deno 2, OpenJDK 17; nodejs/node#55509",
    bad: "[Service]\nExecStart=/usr/bin/node /opt/bot/main.js\nMemoryDenyWriteExecute=yes\n",
    good: "[Service]\nExecStart=/usr/bin/python3 /opt/bot/main.py\nMemoryDenyWriteExecute=yes\n",
    *check(unit, { host }) {
      const setting = unit.settings.last("Service", "MemoryDenyWriteExecute");
      if (setting === null || !isYes(setting.value)) return;
      for (const { command } of unitCommands(unit)) {
        const runtime = runtimeOf(command, host);
        const effect = runtime === null ? undefined : withoutJit[runtime];
        if (
          effect === undefined ||
          (runtime === "ruby" && !command.arguments.some(({ text }) => text.startsWith("--yjit")))
        )
          continue;
        yield {
          ...atValue(setting.file, setting),
          says: `MemoryDenyWriteExecute=yes is not for ${names[runtime!]}`,
          happens: effect.happens,
          ...(effect.dies ? {} : { level: "risky" as const }),
          fix: "remove it: the other settings of the sandbox stay",
        };
        return;
      }
    },
  },
  {
    id: "calls-killed",
    level: "will-not-start",
    reason: "a system call outside the filter kills the program, unless the filter has an error number",
    happens: "SIGSYS at start; with SystemCallErrorNumber=EPERM the same programs run",
    source: "measured on 252 with Node 20 to 24, Bun, Deno, Go",
    bad: "[Service]\nExecStart=/usr/bin/node /opt/bot/main.js\nSystemCallFilter=@system-service\nSystemCallFilter=~@privileged @resources\n",
    good: "[Service]\nExecStart=/usr/bin/node /opt/bot/main.js\nSystemCallFilter=@system-service @pkey\nSystemCallFilter=~@privileged @resources\nSystemCallErrorNumber=EPERM\n",
    *check(unit, context) {
      const filters = unit.settings.all("Service", "SystemCallFilter");
      if (filters.length === 0 || unit.settings.value("Service", "SystemCallErrorNumber") !== null) return;
      const runtime = firstRuntime(unit, context);
      const denied = filters.find(
        ({ value }) => value.startsWith("~") && /(^~|\s)@resources(\s|$)/.test(value),
      );
      if (denied && (runtime === "node" || runtime === "bun")) {
        yield {
          ...atValue(denied.file, denied),
          says: `this filter kills ${names[runtime]} by SIGSYS at start`,
          fix: "add SystemCallErrorNumber=EPERM",
        };
        return;
      }
      const allowed = filters.find(
        ({ value }) => /^(?:.*\s)?@system-service(\s|$)/.test(value) && !value.startsWith("~"),
      );
      const keys = filters.some(({ value }) => /@pkey|pkey_alloc/.test(value) && !value.startsWith("~"));
      if (allowed && !keys && (runtime === "node" || runtime === "deno"))
        yield {
          ...atValue(allowed.file, allowed),
          level: "risky",
          says: `@system-service has no pkey_alloc, which ${names[runtime]} may call at start`,
          happens:
            "Node 20 and Deno are killed by SIGSYS; Node 22 and 24 run on processors without protection keys",
          fix: "add @pkey, and SystemCallErrorNumber=EPERM",
        };
    },
  },
  {
    id: "proc-without-system",
    level: "risky",
    reason: "ProcSubset=pid takes /proc/meminfo, /proc/cpuinfo and their like away",
    happens: "os.cpus() of Node is empty, Java takes no notice of MemoryMax=, and free, ps and uptime fail",
    source:
      "measured on 252: the default heap of OpenJDK 17 under MemoryMax=512M went from 128 MiB to 6028 MiB",
    bad: "[Service]\nExecStart=/usr/bin/java -jar /opt/bot/bot.jar\nProcSubset=pid\n",
    good: "[Service]\nExecStart=/usr/bin/java -jar /opt/bot/bot.jar\nSuccessExitStatus=143\nProtectProc=invisible\n",
    *check(unit, context) {
      const setting = unit.settings.last("Service", "ProcSubset");
      const runtime = firstRuntime(unit, context);
      if (setting?.value !== "pid" || !["node", "java", "dotnet", "python"].includes(runtime ?? "")) return;
      yield {
        ...atValue(setting.file, setting),
        says: `ProcSubset=pid hides the machine from ${names[runtime!]}`,
        fix: "remove it: it is worth nothing in systemd-analyze security",
      };
    },
  },
  {
    id: "limit-by-user",
    level: "risky",
    reason: "LimitNPROC= counts all processes and threads of the user, of every service and session together",
    happens: "fork fails with EAGAIN because of another service of the same user",
    source: "setrlimit(2), RLIMIT_NPROC",
    bad: "[Service]\nExecStart=/usr/bin/bot\nUser=bot\nLimitNPROC=64\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nUser=bot\nTasksMax=64\nLimitNOFILE=65536\n",
    *check(unit) {
      for (const setting of inForce(unit)) {
        const count = setting.key === "LimitNPROC" ? readUnsigned(setting.value.split(":")[0]!) : null;
        if (count === null || count > 4096) continue;
        yield {
          ...atKey(setting.file, setting),
          says: `LimitNPROC=${setting.value} is for all that the user runs, not for this service`,
          fix: `write TasksMax=${count}`,
        };
      }
    },
  },
];

const names: Readonly<Record<Runtime, string>> = {
  node: "Node",
  deno: "Deno",
  bun: "Bun",
  java: "Java",
  luajit: "LuaJIT",
  dotnet: ".NET",
  python: "Python",
  ruby: "Ruby",
  php: "PHP",
};

const withoutJit: Partial<Record<Runtime, { dies: boolean; happens: string }>> = {
  node: { dies: true, happens: "Node dies while it starts (SIGTRAP)" },
  deno: { dies: true, happens: "Deno panics while it starts" },
  java: { dies: true, happens: "Java dies while it starts, with -Xint too" },
  luajit: { dies: true, happens: "LuaJIT dies while it starts" },
  ruby: { dies: true, happens: "Ruby with YJIT dies while it starts" },
  bun: { dies: false, happens: "Bun runs without its compiler, and says nothing" },
  dotnet: { dies: false, happens: ".NET may die while it starts: try it first" },
  php: { dies: false, happens: "PHP runs without its compiler" },
};

function firstRuntime(unit: LintUnit, { host }: LintContext): Runtime | null {
  for (const { key, command } of unitCommands(unit)) if (key === "ExecStart") return runtimeOf(command, host);
  return null;
}
