import { expect, test } from "vitest";
import { readWatchdog, readWatchdogScript } from "./read-watchdog.ts";

const at = { file: "crontab", line: 1, column: 1, length: 1 };
const read = (command: string, script?: string, user = "root") =>
  readWatchdog(
    { at, command, home: "/root", user },
    { userScope: false, zone: "UTC", readFile: (path) => (path === "/opt/w.sh" ? (script ?? null) : null) },
  );
const checksOf = (command: string, script?: string): unknown =>
  read(command, script)?.keys.find(({ key }) => key[0] === "health")?.value ?? [];

test.each<[string, unknown]>([
  [
    "curl -fs --max-time 5 http://localhost:8000/health || systemctl restart bot",
    [{ http: { url: "http://localhost:8000/health", timeout: "5s" } }],
  ],
  [
    "curl -s http://127.0.0.1/x | grep -q ok || service bot restart",
    [{ http: { url: "http://127.0.0.1/x", body: "ok" } }],
  ],
  [
    "wget -q --timeout=3 -O /dev/null http://127.0.0.1:81/ || pm2 restart api",
    [{ http: { url: "http://127.0.0.1:81/", timeout: "3s" } }],
  ],
  ["nc -z localhost 5432 || systemctl restart postgresql", [{ tcp: { to: "127.0.0.1:5432" } }]],
  ["ss -ltn | grep -q ':8080 ' || supervisorctl restart web", [{ tcp: { to: "127.0.0.1:8080" } }]],
  [
    'test -n "$(find /var/log/bot -name bot.log -mmin +5)" && systemctl restart bot',
    [{ file: { path: "/var/log/bot/bot.log", fresh: "5m" } }],
  ],
  [
    "[ $(($(date +%s) - $(stat -c %Y /run/beat))) -gt 120 ] && systemctl restart bot",
    [{ file: { path: "/run/beat", fresh: "2m" } }],
  ],
  [
    "tail -n 50 /var/log/bot.log | grep -q 'alive\\|ok' || systemctl restart bot",
    [{ file: { path: "/var/log/bot.log", match: "alive|ok", fresh: "5m" } }],
  ],
  ["pgrep -f bot.py || systemctl start bot", []],
  ["systemctl is-active --quiet bot || systemctl restart bot", []],
])("%s", (command, checks) => {
  const found = read(command);
  expect(found?.targets).toHaveLength(1);
  expect(checksOf(command)).toEqual(checks);
});

test("what only restarts, or only looks, is no watchdog", () => {
  expect(read("systemctl restart bot")).toBeNull();
  expect(read("curl -fs http://127.0.0.1/cron.php")).toBeNull();
  expect(read("/opt/backup.sh")).toBeNull();
  expect(read("find /tmp -mmin +60 -delete && systemctl restart bot")).toBeNull();
});

const script = `#!/bin/bash
LOG=/var/log/bot.log
MAX_RESTARTS=5
age=$(( $(date +%s) - $(stat -c %Y $LOG) ))
if [ $age > 300 ]; then
  curl -s "https://api.telegram.org/bot123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0/sendMessage" -d text=stale
  pkill -9 -f "python.*main.py"
  systemctl restart gemini
fi
iptables -F
`;

test("a script is read, with its variables, its mistakes, and what was not understood; its secrets are not shown", () => {
  const found = read("/opt/w.sh", script, "trader")!;
  expect(found.targets).toMatchObject([
    { manager: "systemd", name: "gemini", at: { file: "/opt/w.sh", line: 8 } },
  ]);
  expect(checksOf("/opt/w.sh", script)).toEqual([{ file: { path: "/var/log/bot.log", fresh: "5m" } }]);
  expect(found.keys.find(({ key }) => key[0] === "heal")?.value).toEqual({
    do: "restart",
    limit: "5 per 1h",
  });
  const notes = found.notes.join("\n");
  expect(notes).toContain("/opt/w.sh:5: within [ ] a > is a redirection");
  expect(notes).toContain("pkill ended every process");
  expect(notes).toContain("trader may not restart a system service");
  expect(found.dropped.map(({ what, at: { line } }) => `${line} ${what}`)).toEqual([
    "6 the messages of the watchdog",
    "10 iptables -F",
  ]);
  expect(JSON.stringify(found)).not.toContain("AAHdqTcv");
});

test("a watchdog in Python is read by its text", () => {
  const found = readWatchdogScript(
    "watchdog.py",
    `import os, subprocess, time
LOG_FILE = "/opt/bot/logs/bot.log"
SERVICE = "gemini-trader"
MAX_AGE = 300
age = time.time() - os.path.getmtime(LOG_FILE)
if age > MAX_AGE:
    subprocess.run(["systemctl", "restart", SERVICE])
`,
  )!;
  expect(found.targets).toMatchObject([{ name: "gemini-trader" }]);
  expect(found.keys[0]!.value).toEqual([{ file: { path: "/opt/bot/logs/bot.log", fresh: "5m" } }]);
});
