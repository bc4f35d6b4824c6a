import { basename } from "node:path";

/** How a program stands still: it uses all the processor it gets, or none. */
export type Stall = "busy-loop" | "deadlock";

/** A signal that is free in most programs: its handler is where a program stands still. */
export type StallSignal = { name: string; number: number };

/** The same numbers on x86 and ARM (signal(7)). */
export const stallSignals: readonly StallSignal[] = [
  { name: "SIGUSR2", number: 12 },
  { name: "SIGPWR", number: 30 },
  { name: "SIGVTALRM", number: 26 },
];

/** Where nothing of the machine is, and what every sandbox lets a program read. */
const folder = "/usr/lib/holdfast-rehearsal";

/** A runtime that loads a file of ours before the program, when a variable of the environment says so. */
export type StallRuntime = {
  name: string;
  runs: (program: string) => boolean;
  file: string;
  text: (stall: Stall, signal: StallSignal) => string;
  variable: string;
  /** The variable as it is to be, from what it is without us. */
  value: (own: string | undefined) => string;
};

/**
 * The handler gives the signal up before it stands still: from outside, the list of the signals that a process catches tells then
 * whether it has begun (SigCgt in proc_pid_status(5)). No debugger is needed, and none of the sandbox's rules is in the way.
 */
const node: StallRuntime = {
  name: "Node",
  runs: (program) => basename(program) === "node",
  file: `${folder}/stand-still.cjs`,
  text: (stall, { name }) => `"use strict";
// Put here by a rehearsal of Holdfast: the main thread stands still when ${name} comes.
if (require("worker_threads").isMainThread)
  process.on("${name}", () => {
    process.removeAllListeners("${name}");
    ${stall === "busy-loop" ? "for (;;);" : "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);"}
  });
`,
  variable: "NODE_OPTIONS",
  value: (own) => `${own === undefined ? "" : `${own} `}--require=${folder}/stand-still.cjs`,
};

const python: StallRuntime = {
  name: "Python",
  runs: (program) => /^python[\d.]*$/.test(basename(program)),
  file: `${folder}/sitecustomize.py`,
  text: (
    stall,
    { name, number },
  ) => `# Put here by a rehearsal of Holdfast: the main thread stands still when ${name} comes.
import importlib.machinery, importlib.util, os, signal, sys, _thread

def _stand_still(number, frame):
    signal.signal(number, signal.SIG_IGN)
${
  stall === "busy-loop"
    ? "    while True: pass"
    : "    lock = _thread.allocate_lock()\n    lock.acquire()\n    lock.acquire()"
}

signal.signal(${number}, _stand_still)

# Another file of this name, which this one hides, is loaded as it would be without us.
_paths = [path for path in sys.path if os.path.abspath(path) != os.path.dirname(os.path.abspath(__file__))]
_spec = importlib.machinery.PathFinder.find_spec("sitecustomize", _paths)
if _spec is not None and _spec.loader is not None:
    _spec.loader.exec_module(importlib.util.module_from_spec(_spec))
`,
  variable: "PYTHONPATH",
  value: (own) => (own === undefined || own === "" ? folder : `${folder}:${own}`),
};

export const stallRuntimes: readonly StallRuntime[] = [node, python];
