import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { array, assert, constantFrom, option, property, record, type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import type { Artifact } from "../../compile/artifact.ts";
import { compileSpec } from "../../compile/compile.ts";
import { debian12 } from "../../compile/target.ts";
import { parseSpec } from "../../spec/parse-spec.ts";
import { parseUnit } from "../../unit/parse-unit.ts";
import { Settings } from "../../unit/settings.ts";
import { writeSpec } from "../write-spec.ts";
import { canonical } from "./canonical.ts";
import { importUnits } from "./import-units.ts";

const systemd = 257;
const zone = "Europe/Berlin";
const options = { userScope: false, zone, systemd };

/** Values of directives, in spellings that people use; each is one that systemd takes. */
const service: Readonly<Record<string, readonly string[]>> = {
  Type: ["simple", "exec", "forking", "oneshot", "notify", "idle"],
  User: ["bot", "root"],
  Group: ["bot", "adm"],
  WorkingDirectory: ["/", "/opt/bot", "-/opt/perhaps", "~", "/srv/a b"],
  Environment: ["A=1", 'B="two words" C=3', "A=100%%", "D=%i", "'E=x y'"],
  EnvironmentFile: ["/etc/default/bot", "-/etc/default/bot", "/etc/bot/*.env"],
  ExecStartPre: ["/usr/bin/check", "-/usr/bin/check --soft", "/usr/bin/test -e %t/x"],
  ExecStartPost: ["/usr/bin/after"],
  ExecReload: ["/bin/kill -HUP $MAINPID", "/usr/bin/ctl reload", "kill -USR1 $MAINPID"],
  ExecStop: ["/usr/bin/stop"],
  ExecStopPost: ["/usr/bin/clean up", "+/usr/bin/clean"],
  Restart: ["no", "always", "on-failure", "on-abnormal", "on-watchdog"],
  RestartSec: ["5", "100ms", "1min 30s", "0", "1.5s", "250us"],
  RestartPreventExitStatus: ["64 78", "SIGKILL", "64 SIGABRT"],
  RestartForceExitStatus: ["SIGTERM", "1 2"],
  SuccessExitStatus: ["143", "TEMPFAIL 250", "SIGKILL"],
  TimeoutStartSec: ["90", "infinity", "5min", "0"],
  TimeoutStopSec: ["10s", "infinity", "1h"],
  TimeoutSec: ["5min"],
  WatchdogSec: ["30", "0", "2min"],
  NotifyAccess: ["all", "main", "none"],
  KillSignal: ["SIGINT", "TERM", "SIGRTMIN+3", "15"],
  KillMode: ["mixed", "process", "control-group", "none"],
  MemoryMax: ["1G", "infinity", "50%", "1073741824", "1000"],
  MemoryHigh: ["512M", "2G"],
  CPUQuota: ["50%", "150%", "33.3%"],
  TasksMax: ["512", "infinity", "10%", "4"],
  LimitNOFILE: ["65536", "1024:4096", "infinity"],
  LimitCORE: ["infinity", "0"],
  Nice: ["-5", "10"],
  CPUWeight: ["200", "idle"],
  StateDirectory: ["bot", "bot bot/more"],
  RuntimeDirectory: ["bot"],
  RuntimeDirectoryMode: ["0700"],
  SyslogIdentifier: ["bot", "%N", "bot one"],
  StandardOutput: ["null", "append:/var/log/bot.log", "journal"],
  ProtectSystem: ["strict", "full", "yes"],
  PrivateTmp: ["yes", "no"],
  NoNewPrivileges: ["true", "no"],
  ReadWritePaths: ["/srv/data /srv/more", "-/srv/perhaps"],
  CapabilityBoundingSet: ["CAP_NET_ADMIN", "~CAP_SYS_ADMIN", ""],
  AmbientCapabilities: ["CAP_NET_RAW"],
  SystemCallFilter: ["@system-service", "~@mount"],
  UMask: ["0022", "077"],
  Slice: ["background.slice"],
  Delegate: ["yes", "cpu memory"],
  OOMScoreAdjust: ["-500"],
  LoadCredential: ["key:/etc/bot/key.cred"],
};
const unit: Readonly<Record<string, readonly string[]>> = {
  Description: ["A bot", "100%% good", "Bot %n", "Quotes \" and ' and \\x"],
  Documentation: ["man:bot(8)", "https://example.org/bot file:/usr/share/doc/bot"],
  After: ["network.target", "a.service b.service", "x@%i.service"],
  Before: ["later.service"],
  Wants: ["network.target", "a.service c.service"],
  Requires: ["b.service", "d.socket"],
  BindsTo: ["dev-sda.device"],
  PartOf: ["a.target"],
  Conflicts: ["other.service"],
  OnFailure: ["mail@%n.service"],
  StartLimitIntervalSec: ["10", "1h", "0"],
  StartLimitBurst: ["3", "20", "0"],
  ConditionPathExists: ["/etc/bot", "!/run/no-bot"],
  ConditionACPower: ["true"],
  DefaultDependencies: ["no", "yes"],
  RequiresMountsFor: ["/srv"],
};
const install: Readonly<Record<string, readonly string[]>> = {
  WantedBy: ["multi-user.target", "graphical.target", "a.target b.target"],
  RequiredBy: ["a.target"],
  Alias: ["older.service"],
  Also: ["bot.socket"],
};
const timer: Readonly<Record<string, readonly string[]>> = {
  OnCalendar: ["daily", "Mon..Fri 07:30", "*:0/25", "hourly UTC", "2026-12-24 10:00 America/New_York"],
  OnBootSec: ["15min"],
  OnUnitActiveSec: ["1d", "90"],
  Persistent: ["true", "no"],
  RandomizedDelaySec: ["5min", "0", "1h"],
  AccuracySec: ["1s"],
  WakeSystem: ["yes"],
};
const commands = [
  "/usr/bin/bot",
  "/usr/bin/bot --name 'two words' \"and more\"",
  "/usr/bin/bot $OPTIONS ${MORE}",
  "-/usr/bin/bot -v",
  "@/usr/bin/bot botty x",
  "bot --percent 5%% --dollar $$HOME",
  "/usr/bin/bot %n %i",
  "/usr/bin/sh -c 'exec bot; true'",
];

/** Lines of a section: values after each other, and now and then an empty one that takes back those before. */
function linesOf(values: Readonly<Record<string, readonly string[]>>, resets: boolean): Arbitrary<string[]> {
  const line = constantFrom(...Object.keys(values)).chain((key) =>
    constantFrom(...values[key]!, ...(resets ? [""] : [])).map((value) => `${key}=${value}`),
  );
  return array(line, { maxLength: 12 });
}

const found = record({
  unit: linesOf(unit, false),
  service: linesOf(service, true),
  more: linesOf(service, true),
  install: linesOf(install, false),
  timer: option(linesOf(timer, false), { nil: null, freq: 2 }),
  command: constantFrom(...commands),
});

describe("a unit that is brought over", () => {
  test("says the same as before when it is compiled, but for what Holdfast adds", () => {
    const refusals = new Map<string, number>();
    let compared = 0;
    assert(
      property(found, (given) => {
        const files = filesOf(given);
        const result = importUnits(files, options)!;
        const [app] = result.apps;
        if (app === undefined) {
          const why = result.diagnostics[0]!.summary.replace(/ \(.*|: ?.*would.*/, "");
          refusals.set(why, (refusals.get(why) ?? 0) + 1);
          return;
        }
        compared += 1;
        const { text } = writeSpec(app);
        const { spec, diagnostics } = parseSpec(text, "holdfast.yaml");
        expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
        const { artifacts } = compileSpec(spec!, { ...debian12, systemd });
        const service = new Settings(files.slice(0, 2).map((file) => parseUnit(file.path, file.text)));
        expectSame(
          service,
          artifacts.find((one) => one.unit === "bot.service")!,
        );
        const own = artifacts.find((one) => one.unit === "bot.timer");
        const file = files.find(({ path }) => path.endsWith("bot.timer"));
        if (own && file) expectSame(new Settings([parseUnit(file.path, file.text)]), own);
        // One that is not carried over is named.
        if (file && !own) expect(text).toContain("bot.timer");
      }),
      { numRuns: 200, seed: 6 },
    );
    // None of these says anything that cannot be brought over.
    expect(compared, JSON.stringify([...refusals])).toBe(200);
  }, 60_000);
});

const debian = "/usr/lib/systemd/system";

describe.skipIf(!existsSync(join(debian, "systemd-journald.service")))(
  "units that packages have brought here",
  () => {
    test("are brought over, or it is said why not", () => {
      const names = readdirSync(debian).filter((name) => name.endsWith(".service"));
      const refused: string[] = [];
      let converted = 0;
      for (const name of names) {
        const timerFile = join(debian, name.replace(/\.service$/, ".timer"));
        const paths = [join(debian, name), ...(existsSync(timerFile) ? [timerFile] : [])];
        const files = paths.map((path) => ({
          path,
          text: existsSync(path) ? readFileSync(path, "utf8") : "",
        }));
        const instances = new Map(paths.map((path) => [path, basename(path).replace("@.", "@one.")]));
        const { apps, diagnostics } = importUnits(files, { ...options, systemd: 252, names: instances })!;
        converted += apps.length;
        if (apps.length === 0) refused.push(diagnostics[0]!.summary);
        for (const app of apps)
          expect(writeSpec(app).dropped.filter(({ todo }) => todo !== "nothing")).toEqual([]);
      }
      for (const why of refused)
        expect(why).toMatch(
          /masked|no ExecStart=|RefuseManual|generator|account %i|secret|journal of its own/,
        );
      expect(converted / names.length, refused.join("\n")).toBeGreaterThan(0.8);
    });
  },
);

type Found = typeof found extends Arbitrary<infer T> ? T : never;

function filesOf({
  unit: ofUnit,
  service: ofService,
  more,
  install: ofInstall,
  timer: ofTimer,
  command,
}: Found) {
  const text = [
    "[Unit]",
    ...ofUnit,
    "[Service]",
    `ExecStart=${command}`,
    ...ofService,
    "[Install]",
    ...ofInstall,
  ];
  const files = [
    { path: "/etc/systemd/system/bot.service", text: `${text.join("\n")}\n` },
    { path: "/etc/systemd/system/bot.service.d/more.conf", text: `[Service]\n${more.join("\n")}\n` },
  ];
  if (ofTimer === null) return files;
  const lines = ["[Timer]", "OnActiveSec=1h", ...ofTimer, "[Install]", "WantedBy=timers.target"];
  return [...files, { path: "/etc/systemd/system/bot.timer", text: `${lines.join("\n")}\n` }];
}

/** What is so where nothing is written; from the manual, not from the importer. */
const usual: Readonly<Record<string, string>> = {
  "Service.Type": "simple",
  "Service.Restart": "no",
  "Service.KillMode": "control-group",
  "Service.KillSignal": "SIGTERM",
  "Service.WorkingDirectory": "/",
  "Unit.StartLimitIntervalSec": "10s",
  "Unit.StartLimitBurst": "5",
  "Timer.Persistent": "no",
};
const manyLines =
  /^(Environment|EnvironmentFile|Exec\w+|\w+ExitStatus|StateDirectory|RuntimeDirectory|ReadWritePaths|CapabilityBoundingSet|AmbientCapabilities|SystemCallFilter|Delegate|LoadCredential|Documentation|After|Before|Wants|Requires|BindsTo|PartOf|Conflicts|OnFailure|Condition\w+|RequiresMountsFor|WantedBy|RequiredBy|Alias|Also|On\w+Sec|OnCalendar)$/;

function expectSame(before: Settings, artifact: Artifact): void {
  const after = new Settings([parseUnit(artifact.path, artifact.text)]);
  const isTimer = artifact.unit!.endsWith(".timer");
  for (const section of isTimer ? ["Timer"] : ["Unit", "Service", "Install"]) {
    for (const key of new Set([...before.keys(section), ...after.keys(section)])) {
      const was = meaning(before, section, key);
      const is = meaning(after, section, key, before);
      expect(`${key}: ${is}`).toBe(`${key}: ${was}`);
    }
  }
}

function meaning(settings: Settings, section: string, key: string, before?: Settings): string {
  const all = settings.all(section, key).map(({ value }) => value);
  // Of a list the last empty line says that there is none.
  const none = key === "CapabilityBoundingSet" && all.length === 0 && settings.has(section, key) ? [""] : all;
  const values = (manyLines.test(key) ? none : none.slice(-1)).filter(
    (value) => !isAdded(key, value, before),
  );
  if (key === "RestartMode" && before) return meaning(before, section, key);
  if (section === "Timer" && key === "Unit") return "";
  if (key === "OnCalendar") return canonical(section, key, values.map(inZone));
  const fallback = usual[`${section}.${key}`];
  return canonical(section, key, values.length === 0 && fallback !== undefined ? [fallback] : values);
}

/** What docs/import.md lists. */
function isAdded(key: string, value: string, before: Settings | undefined): boolean {
  if (!before) return false;
  if (key === "OnFailure") return value.startsWith("bot-give-up@");
  if (key === "ExecCondition" || key === "ExecStopPost") return / (gate|record-run) bot /.test(value);
  return key === "UnsetEnvironment" && value.startsWith("LD_PRELOAD ");
}

function inZone(time: string): string {
  return / (UTC|\w+\/\w+)$/.test(time) ? time : `${time} ${zone}`;
}
