import { describe, expect, test } from "vitest";
import { isError } from "../lint.ts";
import type { Example } from "../rule.ts";
import { lintRules } from "../rules.ts";
import { lintExample } from "../test-example.ts";

/** What looks like a mistake, and is none. */
const harmless: Record<string, Example> = {
  "Windows line ends":
    "[Service]\r\nExecStart=/usr/bin/bot \\\r\n  --verbose\r\nRestart=always\r\nRestartSec=5\r\n",
  "a byte order mark": { units: { "bot.service": "\ufeff[Service]\nExecStart=/usr/bin/bot\n" } },
  "a size with a fraction":
    "[Service]\nExecStart=/usr/bin/bot\nMemoryMax=1.5G\nMemoryHigh=1G 200M\nMemorySwapMax=0\n",
  "a share of memory": "[Service]\nExecStart=/usr/bin/bot\nMemoryMax=20%\nCPUQuota=250%\nTasksMax=10%\n",
  "signals without SIG":
    "[Service]\nExecStart=/usr/bin/bot\nKillSignal=TERM\nRestartKillSignal=RTMIN+3\nWatchdogSignal=6\n",
  "a bare command name": "[Service]\nExecStart=node /opt/bot/main.js\n",
  "StartLimitInterval= in [Unit] and in [Service]":
    "[Unit]\nStartLimitInterval=60\n\n[Service]\nExecStart=/usr/bin/bot\nStartLimitInterval=1min\nStartLimitBurst=3\n",
  "fields of awk":
    "[Service]\nExecStart=/usr/bin/awk '{print $1}' /srv/data\nExecStartPost=/usr/bin/awk -F: '{print $NF}' /srv/data\n",
  "limits with two parts":
    "[Service]\nExecStart=/usr/bin/bot\nLimitNOFILE=1024:65536\nLimitCORE=infinity\nLimitNICE=+5\nLimitCPU=10min\n",
  "spans of many forms":
    "[Service]\nExecStart=/usr/bin/bot\nRestartSec=1min 30s\nTimeoutStopSec=infinity\nTimeoutStartSec=1.5h\nWatchdogSec=0\nRuntimeMaxSec=86400\n",
  "booleans of many forms":
    "[Service]\nExecStart=/usr/bin/bot\nPrivateTmp=YES\nNoNewPrivileges=1\nPrivateUsers=off\nProtectHome=t\nStateDirectory=bot\n",
  "a hash in a description":
    "[Unit]\nDescription=Bot #1 # the first\nDocumentation=https://localhost/#top\n\n[Service]\nExecStart=/usr/bin/bot\n",
  "a hash in words":
    "[Service]\nExecStart=/usr/bin/bot --color #ffaa00 'say # this' a#b\nEnvironment=\"NOTE=a # b\" COLOR=#fff\n",
  "a shell that reads its own syntax":
    "[Service]\nExecStart=/bin/sh -c 'cd /srv && exec /usr/bin/bot > out.log 2>&1'\nExecStop=/bin/bash -c \"kill $$(cat /srv/pid) ; sleep 1 &\"\n",
  "a script of sed":
    "[Service]\nExecStart=/usr/bin/bot\nExecStartPre=/usr/bin/sed -i 's|a|b|; s/x$/y/' /srv/file\n",
  "signs in quotes": "[Service]\nExecStart=/usr/bin/grep '>' '|' \"&&\" /srv/data\n",
  "find with its own semicolon":
    "[Service]\nType=oneshot\nTimeoutStartSec=1h\nExecStart=/usr/bin/find /srv -name *.tmp -exec /bin/rm {} \\;\n",
  "several commands of a oneshot":
    "[Service]\nType=oneshot\nTimeoutStartSec=1min\nExecStart=/usr/bin/true ; /usr/bin/true\nExecStart=/usr/bin/true\n",
  "variables that systemd sets":
    "[Service]\nExecStart=/usr/bin/bot\nExecReload=/bin/kill -HUP $MAINPID\nExecStopPost=/usr/bin/tell ${SERVICE_RESULT} $EXIT_STATUS\n",
  "variables of a file that may be there":
    "[Service]\nEnvironmentFile=-/etc/default/bot\nExecStart=/usr/bin/bot $OPTS --port ${PORT}\n",
  specifiers:
    "[Service]\nExecStart=/usr/bin/bot --id %n --home %h --boot %b 100%%\nEnvironment=CACHE=%C/bot CREDENTIALS=%d\n",
  "prefixes of programs":
    "[Service]\nExecStartPre=-+/usr/bin/true\nExecStart=@/usr/bin/bot bot-main --verbose\n",
  "capabilities in any case":
    "[Service]\nExecStart=/usr/bin/bot\nCapabilityBoundingSet=cap_net_bind_service CAP_CHOWN\nAmbientCapabilities=\nCapabilityBoundingSet=~CAP_SYS_ADMIN\n",
  "calls with an error number":
    "[Service]\nExecStart=/usr/bin/bot\nSystemCallFilter=@system-service @pkey\nSystemCallFilter=~@privileged:EPERM ptrace:EPERM\nSystemCallErrorNumber=EPERM\n",
  "lists with quotes and minus":
    '[Service]\nExecStart=/usr/bin/bot\nReadWritePaths=/srv -/opt/x "/srv/my files"\nInaccessiblePaths=-+/srv/a,b\n',
  "own directories":
    "[Service]\nExecStart=/usr/bin/bot\nRuntimeDirectory=bot bot/sub\nStateDirectory=bot:alias\n",
  "sections and keys of others":
    "[Unit]\nDescription=x\nX-Owner=me\n\n[X-Docker]\nImage=a\n\n[Service]\nExecStart=/usr/bin/bot\nX-Something=1\n",
  "the directory of the user": "[Service]\nUser=bot\nWorkingDirectory=~\nExecStart=/usr/bin/bot\n",
  outputs:
    "[Service]\nExecStart=/usr/bin/bot\nStandardOutput=journal+console\nStandardError=fd:err\nStandardInput=tty-force\n",
  "empty assignments":
    "[Service]\nExecStart=/usr/bin/old\nExecStart=\nExecStart=/usr/bin/bot\nCPUQuota=\nEnvironment=\nUser=\n",
  "a comment in a continued value":
    "[Service]\nExecStart=/usr/bin/bot \\\n  # --debug \\\n  ; Restart=always\n  --verbose\n",
  "a list with equals signs in one value":
    '[Service]\nExecStart=/usr/bin/bot\nEnvironment=LIST=a=1,b=2 "JSON={\\"a\\": 1, \\"b\\": 2}"\n',
  "settings of a path in the environment":
    "[Service]\nExecStart=/usr/bin/bot\nEnvironment=TOKEN_FILE=/run/token KEYBOARD=de PASSWORD_MIN_LENGTH=12 SSH_AUTH_SOCK=%t/agent.sock\n",
  "JSON in a command":
    '[Service]\nExecStart=/usr/bin/bot --config \'{"a": "b; c", "d": [1, 2]}\' --match=^x$ --sum=a&b\n',
};

describe("harmless look-alikes have no finding at an error level", () => {
  for (const [name, example] of Object.entries(harmless))
    test(name, () => {
      const found = lintExample(example, lintRules).filter(({ level }) => isError(level));
      expect(found.map(({ rule, says }) => `${rule.id}: ${says}`)).toEqual([]);
    });
});
