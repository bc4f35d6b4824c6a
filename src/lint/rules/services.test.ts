import { expect, test } from "vitest";
import { isError } from "../lint.ts";
import type { Example } from "../rule.ts";
import { lintRules } from "../rules.ts";
import { lintExample } from "../test-example.ts";

/** Ids of what is found, with "!" behind those that are errors. */
function found(example: Example): string[] {
  // None of these services is enabled, which is told of some.
  return lintExample(example, lintRules)
    .filter(({ rule }) => rule.id !== "not-installed")
    .map(({ rule, level }) => rule.id + (isError(level) ? "!" : ""));
}

const service = (lines: string) => `[Service]\n${lines}\n`;

test.each([
  ["node", "/usr/bin/node /srv/bot/main.js", "forking-foreground!"],
  ["through env", "/usr/bin/env NODE_ENV=production node /srv/bot/main.js", "forking-foreground!"],
  ["through a shell", "/bin/sh -c 'exec node /srv/bot/main.js'", "forking-foreground!"],
  ["npm", "/usr/bin/npm start", "forking-foreground!"],
  ["java", "/usr/bin/java -Xmx1g -jar /srv/shop.jar", "forking-foreground!"],
  ["a script of python may fork", "/usr/bin/python3 /srv/bot/main.py", "forking-foreground"],
])("Type=forking with %s", (_, command, id) => {
  expect(found(service(`Type=forking\nExecStart=${command}\nSuccessExitStatus=143`))).toEqual([id]);
});

test.each([
  "/usr/bin/gunicorn --daemon app:app",
  "/usr/bin/python3 /srv/bot/main.py --daemon",
  "/usr/sbin/nginx",
  "/srv/bot/start.sh",
  "/usr/bin/screen -dmS bot /srv/bot/run",
])("Type=forking is right for %s", (command) => {
  expect(found(service(`Type=forking\nExecStart=${command}`))).toEqual([]);
});

test.each([
  "/usr/bin/tmux new-session -d -s bot /srv/bot/run",
  "/bin/bash -c '/srv/bot/run &'",
  "/usr/bin/gunicorn -D app:app",
  "/usr/bin/docker compose up -d",
  "/usr/bin/docker run -d --name bot bot",
  "/usr/bin/pm2 start /srv/bot/main.js",
])("%s leaves a simple service dead", (command) => {
  expect(found(service(`ExecStart=${command}`))).toContain("simple-daemonizes!");
});

test.each([
  "/usr/bin/screen -DmS bot /srv/bot/run",
  "/bin/bash -c '/srv/bot/run 2>&1'",
  "/bin/bash -c '/srv/a & /srv/b & wait'",
  "/usr/bin/docker compose up",
  "/usr/bin/docker run --rm --name bot bot",
  "/usr/bin/pm2 start --no-daemon /srv/bot/main.js",
])("%s stays", (command) => {
  expect(found(service(`ExecStart=${command}`))).not.toContain("simple-daemonizes!");
});

test("what goes into the background stays in a oneshot service that remains", () => {
  expect(
    found(
      service(
        "Type=oneshot\nRemainAfterExit=yes\nTimeoutStartSec=1min\nExecStart=/usr/bin/docker compose up -d",
      ),
    ),
  ).toEqual([]);
});

test("a script that speaks to systemd is seen where there is a host", () => {
  const speaking = (text: string): Example => ({
    units: { "bot.service": service("Type=notify\nExecStart=/usr/bin/python3 /srv/bot.py") },
    host: { paths: { "/srv/bot.py": text, "/usr/bin/python3": "0755" } },
  });
  expect(found(speaking("import sdnotify\n"))).toEqual([]);
  expect(found(speaking("print(1)\n"))).toEqual(["notify-silent"]);
});

test("who sets NotifyAccess= has thought of it", () => {
  expect(found(service("Type=notify\nNotifyAccess=all\nExecStart=/usr/bin/node /srv/bot.js"))).toEqual([]);
  expect(found(service("ExecStart=/usr/bin/node /srv/bot.js\nWatchdogSec=0"))).toEqual([]);
});

test("wrappers that are not heard", () => {
  for (const command of [
    "/usr/bin/uv run main.py",
    "/usr/bin/sudo -u bot /srv/run",
    "/usr/bin/timeout 1h /srv/run",
  ])
    expect(found(service(`Type=notify\nExecStart=${command}`))).toContain("notify-through-wrapper!");
  for (const command of ["/usr/bin/flock --no-fork /run/lock /srv/run", "/usr/bin/nice -n 5 /srv/run"])
    expect(found(service(`Type=notify\nExecStart=${command}`))).toEqual([]);
});

test("systemd-notify as root speaks for its caller", () => {
  const lines = "Type=notify\nExecStart=/bin/sh -c '/srv/warm-up; systemd-notify --ready; exec /srv/run'";
  expect(found(service(lines))).toEqual([]);
  expect(found(service(`User=bot\n${lines}`))).toEqual(["notify-by-tool!"]);
  expect(found(service(`User=bot\nNotifyAccess=exec\n${lines}`))).toEqual(["notify-by-tool!"]);
});

test("limits of starts are computed", () => {
  const unit = (limit: string, restart: string) =>
    found(`[Unit]\n${limit}\n\n[Service]\nExecStart=/usr/bin/bot\n${restart}\n`);
  expect(unit("StartLimitBurst=5", "Restart=always\nRestartSec=1s")).toEqual([]);
  expect(unit("StartLimitBurst=5", "Restart=always\nRestartSec=2s")).toEqual(["start-limit-never-reached!"]);
  expect(unit("StartLimitIntervalSec=11s", "Restart=always\nRestartSec=2s")).toEqual([]);
  expect(unit("StartLimitIntervalSec=infinity", "Restart=always\nRestartSec=2s")).toEqual([]);
  expect(unit("StartLimitInterval=5min\nStartLimitBurst=10", "Restart=on-failure\nRestartSec=30s")).toEqual([
    "start-limit-never-reached!",
  ]);
  expect(unit("", "Restart=always\nRestartSec=5s")).toEqual(["restart-endless"]);
  expect(unit("", "Restart=always\nRestartSec=30s")).toEqual([]);
});

test("OnFailure= by the version of systemd", () => {
  const told = (systemd: number, lines: string) =>
    found({
      systemd,
      units: {
        "bot.service": `[Unit]\nOnFailure=alert@%n.service\n\n[Service]\nExecStart=/usr/bin/bot\n${lines}\n`,
        "alert@.service": "[Service]\nType=oneshot\nTimeoutStartSec=1min\nExecStart=/usr/bin/alert %i\n",
      },
    });
  expect(told(252, "Restart=always\nRestartSec=30s")).toEqual(["failure-never-told!"]);
  expect(told(257, "Restart=always\nRestartSec=30s")).toEqual(["failure-told-each-time"]);
  expect(told(257, "Restart=always\nRestartSec=30s\nRestartMode=direct")).toEqual([]);
  expect(told(257, "")).toEqual([]);
});

test("failures that are swallowed", () => {
  for (const command of [
    "-/usr/bin/bot",
    "/bin/sh -c '/usr/bin/bot || true'",
    "/bin/bash -c '/usr/bin/bot | tee log'",
  ])
    expect(found(service(`ExecStart=${command}\nRestart=on-failure\nRestartSec=60s`))).toEqual([
      "restart-ignored-failure!",
    ]);
  for (const command of [
    "/usr/bin/bot",
    "/bin/bash -c 'set -o pipefail; /usr/bin/bot | tee log'",
    "-/usr/bin/bot",
  ])
    expect(
      found(
        service(
          `ExecStart=${command}\nRestart=${command.startsWith("-") ? "always" : "on-failure"}\nRestartSec=60s`,
        ),
      ),
    ).toEqual([]);
});

test("what kills by name", () => {
  expect(found(service("ExecStart=/usr/bin/bot\nExecStop=/usr/bin/pkill -F /run/bot.pid"))).toEqual([]);
  expect(found(service("ExecStart=/usr/bin/bot\nExecStop=/usr/bin/killall bot"))).toEqual(["stop-by-name"]);
  expect(found(service("ExecStart=/usr/bin/bot\nExecStop=/bin/sh -c 'pkill -9 -f main.py'"))).toEqual([
    "stop-by-name!",
  ]);
});

test("KillMode=process for what has no children is nobody's mistake", () => {
  expect(found(service("ExecStart=/usr/sbin/sshd -D\nKillMode=process"))).toEqual([]);
  expect(found(service("ExecStart=/usr/bin/npm run start\nKillMode=process"))).toEqual([
    "kill-mode-process!",
  ]);
});

test("a Java program with an ExecStop= ends by itself", () => {
  expect(found(service("ExecStart=/usr/bin/java -jar a.jar\nExecStop=/usr/bin/stop-it"))).toEqual([]);
  expect(found(service("ExecStart=/usr/bin/java -jar a.jar\nSuccessExitStatus=0 143 SIGTERM"))).toEqual([]);
});
