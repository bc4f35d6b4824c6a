import { describe, expect, test } from "vitest";
import { userExample } from "../examples.ts";
import { isError } from "../lint.ts";
import type { Example } from "../rule.ts";
import { lintRules } from "../rules.ts";
import { lintExample } from "../test-example.ts";

function found(example: Example): string[] {
  return lintExample(example, lintRules).map(({ rule, level }) => rule.id + (isError(level) ? "!" : ""));
}

const run = "[Service]\nExecStart=/usr/bin/run\n";
const oneshot = "[Service]\nType=oneshot\nTimeoutStartSec=1min\nExecStart=/usr/bin/run\n";

describe("names of units", () => {
  test("targets of systemd and services that are there are completed by --fix, others not", () => {
    const fixes = (after: string) =>
      lintExample(
        { units: { "a.service": `[Unit]\nAfter=${after}\n\n${run}`, "redis.service": run } },
        lintRules,
      )
        .filter(({ rule }) => rule.id === "no-unit-name")
        .map(({ fix, edits }) => [fix, edits?.[0]?.text ?? null]);
    expect(fixes("network-online")).toEqual([["write network-online.target", "network-online.target"]]);
    expect(fixes("redis")).toEqual([["write redis.service", "redis.service"]]);
    expect(fixes("mysql")).toEqual([["write mysql.service", null]]);
    expect(fixes("a.service,redis.service")).toEqual([
      ["write a.service redis.service", "a.service redis.service"],
    ]);
    expect(fixes("dev-disk-by\\x2dlabel-a.device user@%U.service %i-x.mount sys-a@b.path")).toEqual([]);
  });
  test("WantedBy=", () => {
    const wanted = (by: string, host?: object) =>
      found({ units: { "a.service": `${run}\n[Install]\nWantedBy=${by}\n` }, ...(host ? { host } : {}) });
    expect(wanted("multi-user")).toEqual(["install-no-unit-name!"]);
    expect(wanted("multi-user.target,graphical.target")).toEqual(["install-no-unit-name!"]);
    expect(wanted("mutli-user.target")).toEqual(["wanted-by-unknown!"]);
    expect(wanted("bots.target")).toEqual([]);
    expect(wanted("multi-user.target graphical.target", {})).not.toContain("wanted-by-graphical");
  });
});

describe("dependencies", () => {
  const two = (a: string, b: string, host?: object) =>
    found({ units: { "a.service": a, "b.service": b }, ...(host ? { host } : {}) });
  test("the other unit may say the order", () => {
    expect(two(`[Unit]\nRequires=b.service\n\n${run}`, `[Unit]\nBefore=a.service\n\n${run}`)).toEqual([]);
    expect(two(`[Unit]\nRequires=b.service\n\n${run}`, run)).toEqual(["requires-without-after"]);
    expect(found(`[Unit]\nRequires=docker.socket\nBindsTo=dev-sda.device\n\n${run}`)).toEqual([]);
  });
  test("a job that another job requires runs again", () => {
    const jobs = (key: string) =>
      found({
        units: {
          "trade.service": `[Unit]\n${key}=check.service\nAfter=check.service\n\n${oneshot}`,
          "check.service": oneshot,
          "check.timer": "[Timer]\nOnCalendar=Mon..Fri 07:30 UTC\n\n[Install]\nWantedBy=timers.target\n",
        },
      });
    expect(jobs("Requires")).toEqual(["requires-runs-again!"]);
    expect(jobs("Wants")).toEqual(["requires-runs-again"]);
    expect(jobs("Requisite")).toEqual(["requisite-of-oneshot!"]);
  });
  test("circles, by After= and Before= and through a timer", () => {
    expect(two(`[Unit]\nBefore=b.service\n\n${run}`, `[Unit]\nBefore=a.service\n\n${run}`)).toEqual([
      "ordering-cycle!",
    ]);
    expect(two(`[Unit]\nAfter=a.service\n\n${run}`, run)).toEqual([]);
    expect(
      found({
        units: {
          "job.timer":
            "[Unit]\nAfter=job.service\n\n[Timer]\nOnCalendar=daily\n\n[Install]\nWantedBy=timers.target\n",
          "job.service": oneshot,
        },
      }),
    ).toEqual(["ordering-cycle!"]);
    const chain = { "a.service": "b", "b.service": "c", "c.service": "a" };
    const units = Object.fromEntries(
      Object.entries(chain).map(([name, after]) => [name, `[Unit]\nAfter=${after}.service\n\n${run}`]),
    );
    expect(lintExample({ units }, lintRules)).toMatchObject([
      {
        says: "a circle of waiting: a.service is after b.service, b.service is after c.service, c.service is after a.service",
      },
    ]);
  });
  test("packages that are optional", () => {
    const host = { units: ["dbus.socket"] };
    expect(
      found({ units: { "a.service": `[Unit]\nWants=redis.service\nAfter=redis.service\n\n${run}` }, host }),
    ).not.toContain("required-unit-missing!");
    expect(
      two(
        `[Unit]\nRequires=c.service\nAfter=c.service\n\n${run}`,
        `${run}\n[Install]\nAlias=c.service\n`,
        {},
      ),
    ).not.toContain("required-unit-missing!");
  });
});

describe("templates", () => {
  test("an instance is found by its template", () => {
    const alert = {
      "alert@.service": "[Service]\nType=oneshot\nTimeoutStartSec=1min\nExecStart=/usr/bin/alert %i\n",
    };
    for (const name of [
      "alert@%n.service",
      "alert@%p.service",
      "alert@x.service",
      "alert@.service",
      "alert@%i.service",
    ])
      expect(
        found({
          units: { "bot.service": `[Unit]\nOnFailure=${name}\n\n${run}`, ...alert },
          host: { paths: programs },
        }),
      ).toEqual([]);
  });
  test("%i outside a template", () => {
    expect(found("[Unit]\nDescription=Bot %i\n\n[Service]\nExecStart=/usr/bin/bot 100%%i\n")).toEqual([]);
    expect(found("[Service]\nExecStart=/usr/bin/bot %%%i\n")).toEqual(["instance-of-nothing!"]);
    expect(found({ units: { "bot@main.service": "[Service]\nExecStart=/usr/bin/bot %i\n" } })).toEqual([]);
  });
});

const programs = { "/usr/bin/run": "0755", "/usr/bin/alert": "0755" };

describe("user units", () => {
  const user = (systemd: number, lines: string) => {
    const example = userExample(`[Service]\nExecStart=/usr/bin/bot\n${lines}\n`) as Exclude<Example, string>;
    return found({ ...example, systemd });
  };
  test.each(["PrivateDevices=yes", "ProtectClock=yes", "ProtectKernelModules=yes", "ProtectKernelLogs=yes"])(
    "%s by version",
    (line) => {
      expect(user(252, line)).toEqual(["user-unit-cannot!"]);
      expect(user(252, `${line}\nPrivateUsers=yes`)).toEqual([]);
      expect(user(257, line)).toEqual([]);
      expect(user(252, line.replace("yes", "no"))).toEqual([]);
    },
  );
  test.each([
    "User=bot",
    "SupplementaryGroups=video",
    "IOSchedulingClass=realtime",
    "LogNamespace=bot",
    "DynamicUser=yes",
  ])("%s never works", (line) => {
    expect(user(252, line)).toContain("user-unit-cannot!");
    expect(user(257, line)).toContain("user-unit-cannot!");
  });
  test("an empty bounding set is a setting", () => {
    expect(user(257, "CapabilityBoundingSet=")).toContain("user-unit-cannot!");
    expect(user(257, "AmbientCapabilities=")).toEqual([]);
  });
  test("file system protection by version", () => {
    const lines = "ProtectSystem=strict\nProtectHome=read-only\nPrivateTmp=yes\nStateDirectory=bot";
    expect(user(252, lines)).toEqual(["user-sandbox-ignored!"]);
    expect(user(257, lines)).toEqual([]);
  });
  test("mounts that systemd insists on, and those that it goes on without", () => {
    expect(user(252, "BindPaths=/srv:/opt")).toEqual(["user-unit-cannot!"]);
    expect(user(252, "TemporaryFileSystem=/srv")).toEqual(["user-unit-cannot!"]);
    expect(user(252, "BindPaths=/srv\nIOSchedulingClass=idle")).toEqual([]);
  });
  test("what works is not spoken of", () => {
    expect(
      user(
        252,
        "NoNewPrivileges=yes\nSystemCallFilter=@system-service @pkey\nSystemCallErrorNumber=EPERM\nRestrictAddressFamilies=AF_INET AF_UNIX\nRestrictNamespaces=yes\nLockPersonality=yes\nNice=5\nLoadCredential=a:%h/a",
      ),
    ).toEqual([]);
  });
  test("units of the system, once a line", () => {
    const told = lintExample(
      userExample(
        "[Unit]\nAfter=network.target network-online.target\nWants=network-online.target\n\n[Service]\nExecStart=/usr/bin/bot\n",
      ),
      lintRules,
    );
    expect(told.map(({ says }) => says)).toEqual([
      "After=network.target and network-online.target in a user unit: a user's manager has no such unit",
      "Wants=network-online.target in a user unit: a user's manager has no such unit",
    ]);
    expect(
      found(userExample("[Unit]\nAfter=graphical-session.target\n\n[Service]\nExecStart=/usr/bin/bot\n")),
    ).toEqual([]);
  });
});

test("drop-ins that are not read, and files that nobody means", () => {
  const names = ["limits", "10-x.conf~", "README", "a.conf.bak", "extra.cfg"];
  const units = Object.fromEntries(names.map((name) => [`bot.service.d/${name}`, "[Service]\nNice=5\n"]));
  expect(
    lintExample({ units: { "bot.service": run, ...units } }, lintRules)
      .filter(({ rule }) => rule.id === "drop-in-not-conf")
      .map(({ fix }) => fix),
  ).toEqual(["name it limits.conf", "name it extra.cfg.conf"]);
});
