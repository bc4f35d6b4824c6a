import type { Told } from "./voice.ts";

/** systemd's verdicts on a service (systemd.exec(5), $SERVICE_RESULT), as far as they say more than how a process ended. */
export const results: Readonly<Record<string, Told>> = {
  "oom-kill": {
    sentence: "it needed more memory than its limit, and the kernel killed it",
    unit: "raise MemoryMax=, or look for a leak",
    spec: "raise limits.memory, or look for a leak",
  },
  timeout: {
    sentence: "it took longer than its time-out to start or to stop",
    unit: "raise TimeoutStartSec= or TimeoutStopSec=, or see what it was waiting for",
    spec: "raise ready.within or stop.timeout, or see what it was waiting for",
  },
  watchdog: {
    sentence: "it did not report in time and was killed by the watchdog",
    unit: "it was frozen: see the last lines of its log; a program that never sends WATCHDOG=1 cannot have WatchdogSec=",
    spec: "it was frozen: see the last lines of its log",
  },
  "start-limit-hit": {
    sentence: "it was started too often within its window, and systemd gave up",
    unit: "mend the cause, then: systemctl reset-failed and systemctl start; the window is StartLimitIntervalSec= and StartLimitBurst=",
    spec: "mend the cause, then: holdfast reset; the window is restart.limit",
  },
  resources: {
    sentence: "systemd could not prepare it; most often an environment file is missing",
    unit: "check EnvironmentFile=, and what systemd says: journalctl -b _PID=1",
    spec: "check env.file",
  },
  protocol: {
    sentence: "it did not say that it is ready (sd_notify READY=1) before it ended",
    unit: "does the program speak sd_notify? If not, use Type=exec; with Type=forking, check PIDFile=",
    spec: "check ready.notify: does the program speak sd_notify?",
  },
  "exec-condition": {
    sentence: "a condition kept it from starting, which is no failure",
    unit: "see what ExecCondition= tests",
    spec: "see why: holdfast runs",
  },
};
