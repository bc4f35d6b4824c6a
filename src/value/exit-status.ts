/** How a process or unit ended, in systemd's words: Result, and the main process's code and status (waitid(2)). */
export type Ending = { result: string; code: "exited" | "killed" | "dumped" | ""; status: number };

export type Explanation = { sentence: string; fix: string | null };

/** systemd's own exit codes (systemd.exec(5), "Process Exit Codes"): the program was not even started. */
const systemdCodes: Readonly<Record<number, Explanation>> = {
  200: {
    sentence: "200/CHDIR: the working directory is missing or the account may not enter it",
    fix: "check directory:, and that every directory above it can be entered (x)",
  },
  203: {
    sentence:
      "203/EXEC: the program is missing, is not executable, or its interpreter (first line) is missing",
    fix: "check run:; try: ls -l on the program",
  },
  209: { sentence: "209/STDOUT: the output could not be opened", fix: null },
  210: { sentence: "210/CHROOT: the root directory could not be entered", fix: null },
  216: { sentence: "216/GROUP: the group does not exist or may not be used", fix: "check group:" },
  217: { sentence: "217/USER: the account does not exist", fix: "check user:" },
  218: {
    sentence: "218/CAPABILITIES: the capabilities could not be set; user services cannot drop them",
    fix: "use system scope with user:",
  },
  219: { sentence: "219/CGROUP: the control group could not be made", fix: null },
  226: {
    sentence: "226/NAMESPACE: the sandbox could not be made; most often a path it needs does not exist",
    fix: "check that every path of writes: exists",
  },
  228: { sentence: "228/SECCOMP: the system-call filter could not be set", fix: null },
  233: { sentence: "233/RUNTIME_DIRECTORY: the runtime directory could not be made", fix: null },
  238: { sentence: "238/STATE_DIRECTORY: the state directory could not be made", fix: null },
  239: { sentence: "239/CACHE_DIRECTORY: the cache directory could not be made", fix: null },
  243: {
    sentence: "243/CREDENTIALS: a secret's file is missing, or could not be decrypted on this host",
    fix: "check secrets:",
  },
};

const results: Readonly<Record<string, Explanation>> = {
  "oom-kill": {
    sentence: "it needed more memory than its limit, and the kernel killed it",
    fix: "raise limits.memory, or look for a leak",
  },
  timeout: {
    sentence: "it took longer than its time-out to start or to stop",
    fix: "raise ready.within or stop.timeout, or see what it was waiting for",
  },
  watchdog: {
    sentence: "it did not report in time and was killed by the watchdog",
    fix: "it was frozen: see the last lines of its log",
  },
  "start-limit-hit": {
    sentence: "it was started too often within the window of restart.limit, and systemd gave up",
    fix: "mend the cause, then: holdfast reset",
  },
  resources: {
    sentence: "systemd could not prepare it; most often an environment file is missing",
    fix: "check env.file",
  },
  protocol: {
    sentence: "it did not say that it is ready (sd_notify READY=1) before it ended",
    fix: "check ready.notify: does the program speak sd_notify?",
  },
  "exec-condition": { sentence: "a condition kept it from starting", fix: null },
};

const signalNames: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  13: "SIGPIPE",
  14: "SIGALRM",
  15: "SIGTERM",
  24: "SIGXCPU",
  31: "SIGSYS",
};

export function signalName(number: number): string {
  return signalNames[number] ?? `signal ${number}`;
}

/** Says in one sentence how it ended, and what to do. */
export function explainEnding({ result, code, status }: Ending): Explanation {
  const special = results[result];
  if (special && (result !== "resources" || code === "")) return special;
  if (code === "killed" || code === "dumped") return explainSignal(status, code === "dumped");
  if (code === "exited" && status >= 200 && systemdCodes[status]) return systemdCodes[status];
  if (code === "exited" && status === 127)
    return {
      sentence: "exit code 127: a program that it wanted to run was not found",
      fix: "see the last lines of its log",
    };
  if (code === "exited")
    return {
      sentence: status === 0 ? "it ended by itself with exit code 0" : `it ended with exit code ${status}`,
      fix:
        status === 0
          ? "a service should run on; for work that ends, use a job"
          : "see the last lines of its log",
    };
  return { sentence: result === "success" ? "it ended cleanly" : `systemd reports "${result}"`, fix: null };
}

function explainSignal(signal: number, dumped: boolean): Explanation {
  const dump = dumped ? " (core dumped)" : "";
  switch (signal) {
    case 9:
      return {
        sentence:
          "it was killed with SIGKILL: by the kernel for lack of memory, by a stop that took too long, or by hand",
        fix: "see: holdfast diagnose",
      };
    case 31:
      return {
        sentence: `it was killed with SIGSYS${dump}: the system-call filter does not allow what it did`,
        fix: "hardening: { allow: [all-system-calls] }",
      };
    case 5:
      return {
        sentence: `it was killed with SIGTRAP${dump}: V8 does this when it may not write machine code`,
        fix: "hardening: { allow: [write-and-execute-memory] }",
      };
    default:
      return {
        sentence: `it was killed with ${signalName(signal)}${dump}`,
        fix: signal === 11 || signal === 6 ? "the program crashed: see the last lines of its log" : null,
      };
  }
}
