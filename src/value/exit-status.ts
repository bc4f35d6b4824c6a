/** How a process or unit ended, in systemd's words: Result, and the main process's code and status (waitid(2)). */
export type Ending = { result: string; code: "exited" | "killed" | "dumped" | ""; status: number };

export type Explanation = { sentence: string; fix: string | null };

const signalNames: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  5: "SIGTRAP",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  10: "SIGUSR1",
  11: "SIGSEGV",
  12: "SIGUSR2",
  13: "SIGPIPE",
  14: "SIGALRM",
  15: "SIGTERM",
  24: "SIGXCPU",
  25: "SIGXFSZ",
  31: "SIGSYS",
};

export function signalName(number: number): string {
  return signalNames[number] ?? `signal ${number}`;
}

/** The number of a signal by its name, with or without SIG; null for a name that is not known. */
export function signalNumber(name: string): number | null {
  const wanted = `SIG${name.toUpperCase().replace(/^SIG/, "")}`;
  const found = Object.entries(signalNames).find(([, known]) => known === wanted);
  return found === undefined ? null : Number(found[0]);
}
