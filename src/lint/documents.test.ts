import { expect, test } from "vitest";
import type { Example } from "./rule.ts";
import { lintRules } from "./rules.ts";
import { lintExample } from "./test-example.ts";

/** Units as guides for operators have them, with the mistakes that were found in five such guides. */
const guides: Record<string, { example: Example; mistakes: readonly string[] }> = {
  "a bot that is started again for ever": {
    example: {
      units: {
        "bot.service":
          "[Unit]\nDescription=Bot\nAfter=network-online.target\nOnFailure=alert@%n.service\n\n" +
          "[Service]\nType=simple\nUser=bot\nExecStart=/usr/bin/node /home/bot/app/main.js\nRestart=on-failure\nRestartSec=30s\n" +
          "StartLimitIntervalSec=600\nStartLimitBurst=10\nProtectHome=true\nWorkingDirectory=/home/bot/app\n" +
          "Environment=API_SECRET=9f8e7d6c5b4a39281706f5e4\n\n[Install]\nWantedBy=multi-user.target\n",
        "alert@.service": "[Service]\nType=oneshot\nTimeoutStartSec=30s\nExecStart=/usr/bin/alert %i\n",
      },
    },
    mistakes: [
      "wrong-section",
      "start-limit-never-reached",
      "failure-never-told",
      "network-online-not-wanted",
      "home-hidden",
      "secret-in-unit",
    ],
  },
  "five trading jobs of a user": {
    example: {
      scope: "user",
      host: { users: ["trader"], zone: "UTC" },
      units: {
        "preflight.timer":
          "[Unit]\nRequires=preflight.service\n\n[Timer]\nOnCalendar=Mon..Fri 07:30 America/Chicago # Preflight\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
        "preflight.service":
          "[Unit]\nAfter=network.target\n\n[Service]\nType=oneshot\nExecStart=/bin/bash -lc 'source /home/trader/.env && python3 /home/trader/preflight.py'\n" +
          "ProtectSystem=strict\nPrivateTmp=true\nLogNamespace=trading\n\n[Install]\nWantedBy=default.target\n",
        "trading.timer":
          "[Timer]\nOnCalendar=Mon..Fri 08:00 America/Chicago\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
        "trading.service":
          "[Unit]\nRequires=preflight.service\nAfter=preflight.service\n\n[Service]\nType=oneshot\nTimeoutStartSec=15min\nExecStart=/usr/bin/trade\n",
        "backup.timer":
          "[Timer]\nOnCalendar=Sun 02:30 America/Chicago\n\n[Install]\nWantedBy=timers.target\n",
        "backup.service": "[Service]\nType=oneshot\nTimeoutStartSec=1h\nExecStart=/usr/bin/backup\n",
      },
    },
    mistakes: [
      "calendar-unreadable",
      "timer-requires-service",
      "job-wanted-at-boot",
      "requires-runs-again",
      "late-catch-up",
      "login-shell",
      "sourced-not-exported",
      "user-unit-system-target",
      "user-unit-cannot",
      "user-sandbox-ignored",
      "user-without-linger",
      "job-without-timeout",
      "calendar-skipped-in-spring",
    ],
  },
  "a bot with an outside watchdog": {
    example: {
      units: {
        "gemini.service":
          "[Unit]\nAfter=network.target\n\n[Service]\nType=notify\nUser=trader\nWatchdogSec=300\nExecStart=/usr/local/bin/uv run main.py\n" +
          "ExecStop=/usr/bin/pkill -9 -f python.*main.py\nMemoryMax=2G  # more is a leak\nCPUQuota=80%  # leave some\nRestart=always\nRestartSec=30\n\n" +
          "[Install]\nWantedBy=multi-user.target\n",
      },
    },
    mistakes: ["notify-through-wrapper", "stop-by-name", "trailing-comment"],
  },
  "a service that is reloaded by a signal": {
    example: {
      units: {
        "copy-bot.service":
          "[Unit]\nAfter=network.target\n\n[Service]\nUser=copybot\nExecStart=/opt/copybot/venv/bin/python /opt/copybot/main.py\nExecReload=/bin/kill -HUP $MAINPID\n" +
          "Restart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n",
        "copy-bot-backup.timer":
          "[Timer]\nOnCalendar=*-*-* 02:00:00\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
        "copy-bot-backup.service": "[Service]\nType=oneshot\nExecStart=/opt/copybot/scripts/backup.sh\n",
      },
      host: { users: ["copybot"], zone: "America/New_York" },
    },
    mistakes: [
      "reload-kills",
      "network-not-online",
      "restart-gives-up-at-once",
      "calendar-skipped-in-spring",
      "job-without-timeout",
    ],
  },
  "a hardened service with an alert": {
    example: {
      units: {
        "oneiric.service":
          "[Unit]\nOnFailure=oneiric-notify.service\n\n[Service]\nType=exec\nUser=oneiric\nExecStartPre=/usr/bin/curl -f http://localhost:8000/health\n" +
          "ExecStart=/usr/bin/node /opt/oneiric/main.js\nExecReload=/bin/kill -HUP $MAINPID\nCPUQuota=200%  # 2 cores\nLimitNPROC=512\n" +
          "StartLimitIntervalSec=300\nRestart=on-failure\nRestartSec=10\nRestartSteps=5\nMemoryDenyWriteExecute=true\nSystemCallFilter=@system-service\n\n" +
          "[Install]\nWantedBy=multi-user.target\n",
        "oneiric-notify.service":
          "[Service]\nType=oneshot\nTimeoutStartSec=30s\nExecStart=/usr/bin/mail-it\n\n[Install]\nWantedBy=multi-user.target\n",
      },
    },
    mistakes: [
      "failure-handler-at-boot",
      "failure-never-told",
      "probe-before-start",
      "reload-kills",
      "trailing-comment",
      "limit-by-user",
      "wrong-section",
      "newer-directive",
      "jit-forbidden",
      "calls-killed",
    ],
  },
};

for (const [name, { example, mistakes }] of Object.entries(guides))
  test(`the mistakes of a guide are found: ${name}`, () => {
    const found = new Set(lintExample(example, lintRules).map(({ rule }) => rule.id));
    expect(mistakes.filter((id) => !found.has(id))).toEqual([]);
  });
