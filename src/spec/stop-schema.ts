import * as v from "valibot";
import { key } from "./key-doc.ts";
import { duration } from "./read-values.ts";
import { count, oneOf } from "./values.ts";

const signals = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGTERM",
  "SIGABRT",
  "SIGKILL",
] as const;

/** How the program is asked to end, and what counts as a clean end. */
export const stopSchema = v.strictObject({
  signal: key(oneOf(...signals), {
    meaning: "How the program is asked to finish.",
    default: "SIGTERM",
    becomes: "KillSignal=",
    example: "SIGINT",
  }),
  timeout: key(duration(), {
    meaning: "How long it may take to finish before it is killed.",
    default: "30s",
    becomes: "TimeoutStopSec=",
    example: "60s",
  }),
  kill: key(oneOf("control-group", "mixed"), {
    meaning:
      "Who gets the stop signal. control-group: every process. mixed: only the main process gets it, and its children are killed without warning once it has gone.",
    default: "control-group",
    becomes: "KillMode=",
    example: "mixed",
  }),
  "clean-exit": key(v.array(count(0, 255)), {
    meaning: "Exit codes that are a clean end besides 0, such as 143 for Java.",
    default: "none; 143 for runtime java",
    becomes: "SuccessExitStatus=",
    example: "[143]",
  }),
});
