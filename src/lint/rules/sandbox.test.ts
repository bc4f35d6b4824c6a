import { describe, expect, test } from "vitest";
import { editUnit } from "../../unit/edit-unit.ts";
import type { ExampleHost } from "../rule.ts";
import { lintExample } from "../test-example.ts";
import { accountRules } from "./accounts.ts";
import { capabilityRules } from "./capabilities.ts";
import { credentialRules } from "./credentials.ts";
import { outputRules } from "./outputs.ts";
import { pathRules } from "./paths.ts";
import { sandboxRuntimeRules } from "./sandbox-runtimes.ts";
import { directoryRules } from "./directories.ts";
import { sandboxHomeRules } from "./sandbox-homes.ts";
import { sandboxRules } from "./sandbox.ts";
import { systemCallRules } from "./system-calls.ts";

const rules = [
  ...accountRules,
  ...capabilityRules,
  ...credentialRules,
  ...outputRules,
  ...pathRules,
  ...directoryRules,
  ...sandboxHomeRules,
  ...sandboxRules,
  ...sandboxRuntimeRules,
  ...systemCallRules,
];

function lint(lines: string, host?: ExampleHost) {
  const text = /^ExecStart=/m.test(lines) ? lines : `ExecStart=/usr/bin/bot\n${lines}`;
  const units = { "bot.service": `[Service]\n${text}\n` };
  return lintExample(host ? { units, host } : { units }, rules);
}

const told = (lines: string, host?: ExampleHost) =>
  lint(lines, host).map(({ rule, level }) => `${rule.id} ${level}`);

describe("found", () => {
  test.each([
    ["CapabilityBoundingSet=NET_BIND_SERVICE", "unknown-capability will-not-do-what-it-says"],
    ["AmbientCapabilities=CAP_NET_BIND", "unknown-capability will-not-do-what-it-says"],
    ["CapabilityBoundingSet=~SYS_ADMIN", "unknown-capability will-not-do-what-it-says"],
    ["SystemCallFilter=@system-services", "unknown-call-group will-not-start"],
    ["SystemCallFilter=~@priviledged", "unknown-call-group will-not-do-what-it-says"],
    ["SystemCallFilter=@system-service @mounts", "unknown-call-group will-not-do-what-it-says"],
    ["SystemCallFilter=@basic-io,@file-system", "unknown-call-group will-not-start"],
    ["ReadWritePaths=/srv/a, /srv/b", "path-comma will-not-start"],
    ["ReadWritePaths=-/srv/a,-/srv/b", "path-comma will-not-do-what-it-says"],
    ["InaccessiblePaths=~/secret", "path-relative will-not-do-what-it-says"],
    ["StateDirectory=/srv/x", "absolute-own-directory will-not-do-what-it-says"],
    ["LogsDirectory=../x", "absolute-own-directory will-not-do-what-it-says"],
    ["RuntimeDirectory=a,b", "absolute-own-directory will-not-do-what-it-says"],
    ["WorkingDirectory=$HOME/bot", "working-directory-refused will-not-start"],
    ['WorkingDirectory="/opt/bot"', "working-directory-refused will-not-start"],
    ['User="bot"', "account-name will-not-start"],
    ["Group=$GROUP", "account-name will-not-start"],
    ["NoExecPaths=/", "nothing-executable will-not-start"],
    ["NoExecPaths=/\nExecPaths=/usr/bin", "nothing-executable risky"],
    ["ProtectHome=yes\nWorkingDirectory=/home/bot", "home-hidden will-not-start"],
    ["ProtectHome=tmpfs\nExecStart=/root/run", "home-hidden will-not-start"],
    ["ProtectHome=yes\nExecStart=/usr/bin/python3 /home/bot/main.py", "home-hidden will-not-start"],
    [
      "NoNewPrivileges=yes\nExecStart=/bin/sh -c 'cd /srv && sudo ./run'",
      "sudo-refused will-not-do-what-it-says",
    ],
    ["MemoryDenyWriteExecute=yes\nExecStart=npm start", "jit-forbidden will-not-start"],
    [
      "MemoryDenyWriteExecute=1\nExecStart=/usr/lib/jvm/17/bin/java -jar /opt/a.jar",
      "jit-forbidden will-not-start",
    ],
    ["MemoryDenyWriteExecute=yes\nExecStart=/bin/sh -c 'exec node main.js'", "jit-forbidden will-not-start"],
    ["MemoryDenyWriteExecute=yes\nExecStart=/usr/bin/bun run x", "jit-forbidden risky"],
    ["SystemCallFilter=@system-service\nExecStart=node main.js", "calls-killed risky"],
    [
      "SystemCallFilter=@system-service @pkey\nSystemCallFilter=~@resources\nExecStart=node main.js",
      "calls-killed will-not-start",
    ],
    ["LoadCredential=/etc/token", "credential-name will-not-do-what-it-says"],
    ["SetCredential=token", "credential-name will-not-do-what-it-says"],
    ["LogsDirectory=bot\nStandardError=append:/var/log/bot/err", "output-in-own-directory will-not-start"],
  ])("%s", (lines, expected) => expect(told(lines)).toEqual([expected]));
});

describe("well", () => {
  test.each([
    "CapabilityBoundingSet=\nAmbientCapabilities=",
    "CapabilityBoundingSet=~",
    "SystemCallFilter=@system-service @pkey\nSystemCallFilter=~@resources:EPERM\nSystemCallErrorNumber=EPERM\nExecStart=node x.js",
    "SystemCallFilter=@system-service\nExecStart=/usr/bin/python3 x.py",
    "ReadWritePaths=/srv/a -/srv/b +/srv/c %h/x",
    "WorkingDirectory=~\nUser=bot",
    "WorkingDirectory=-/srv/a b",
    "User=%i",
    "User=my.user-1",
    "NoExecPaths=/\nExecPaths=/usr /lib /lib64",
    "NoExecPaths=/srv",
    "ProtectHome=read-only\nWorkingDirectory=/home/bot",
    "ProtectHome=no\nWorkingDirectory=/home/bot",
    "ProtectHome=tmpfs\nBindPaths=/home/bot\nWorkingDirectory=/home/bot",
    "NoNewPrivileges=yes\nExecStart=+/usr/bin/sudo x",
    "MemoryDenyWriteExecute=yes\nExecStart=/usr/bin/python3 node",
    "MemoryDenyWriteExecute=no\nExecStart=node x",
    "LoadCredential=token:/etc/token\nSetCredential=a:b",
    "LogsDirectory=bot\nStandardError=append:/var/log/err",
    "LimitNPROC=infinity",
  ])("%s", (lines) => expect(told(lines)).toEqual([]));
});

describe("with a host", () => {
  test.each<[string, ExampleHost, string[]]>([
    ["ReadWritePaths=/srv/a", {}, ["path-missing"]],
    ["ReadWritePaths=/srv/a", { paths: { "/srv/a": "directory" } }, []],
    ["StateDirectory=bot\nReadWritePaths=/var/lib/bot/x", {}, []],
    ["ReadWritePaths=/run/bot", {}, []],
    ["WorkingDirectory=/srv", {}, ["working-directory-missing"]],
    ["WorkingDirectory=/srv", { paths: { "/srv": "0644" } }, ["working-directory-missing"]],
    ["WorkingDirectory=-/srv", {}, []],
    ["StateDirectory=bot\nWorkingDirectory=/var/lib/bot", {}, []],
    ["User=bot", {}, ["account-missing"]],
    ["User=1234\nGroup=0", {}, []],
    ["DynamicUser=yes\nUser=bot", {}, []],
    ["SupplementaryGroups=video none", { groups: ["video"] }, ["account-missing"]],
    ["LoadCredential=a:/etc/a", {}, ["credential-missing"]],
    [
      "StandardOutput=append:/var/log/bot/log",
      { paths: { "/var/log": "directory" } },
      ["output-directory-missing"],
    ],
    ["User=bot\nWorkingDirectory=~\nProtectHome=yes", { users: ["bot"] }, ["home-hidden"]],
    [
      "MemoryDenyWriteExecute=yes\nExecStart=/opt/bot",
      { paths: { "/opt/bot": "#!/usr/bin/env node\n" } },
      ["jit-forbidden"],
    ],
    ["MemoryDenyWriteExecute=yes\nExecStart=/opt/bot", { paths: { "/opt/bot": "#!/bin/sh\nnode\n" } }, []],
  ])("%s", (lines, host, expected) => {
    expect(lint(lines, host).map(({ rule }) => rule.id)).toEqual(expected);
  });
});

test.each([
  ["CapabilityBoundingSet=net_bind_service CHOWN", "CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_CHOWN"],
  ["CapabilityBoundingSet=CAP_CHOWN,CAP_KILL", "CapabilityBoundingSet=CAP_CHOWN CAP_KILL"],
  ["SystemCallFilter=@basic-io,@signal", "SystemCallFilter=@basic-io @signal"],
  ["ReadWritePaths=/a,/b, /c", "ReadWritePaths=/a /b /c"],
  ["StateDirectory=/var/lib/bot/", "StateDirectory=bot"],
  ["CacheDirectory=/var/cache/a/b", "CacheDirectory=a/b"],
  ["WorkingDirectory='/opt/bot'", "WorkingDirectory=/opt/bot"],
  ['User="bot"', "User=bot"],
])("--fix: %s", (line, expected) => {
  const [one] = lint(line);
  expect(editUnit(one!.file, one!.edits!).text).toContain(`\n${expected}\n`);
});
