import * as v from "valibot";
import { key } from "./key-doc.ts";
import { duration } from "./read-values.ts";
import { count, oneOf } from "./values.ts";

const most = 1000;

/** How a change has to prove itself before it is believed. */
export const probationSchema = v.strictObject({
  for: key(duration(), {
    meaning:
      "How long a service is watched after an apply that installs or changes it, before there is a verdict.",
    default: "24h",
    example: "24h",
  }),
  crashes: key(count(0, most), {
    meaning:
      "How often systemd may have to restart it meanwhile, because it ended. Giving up is never allowed.",
    default: "0",
    example: "1",
  }),
  "limit-hits": key(count(0, most), {
    meaning:
      "How often a check of memory or CPU may fail meanwhile, or the kernel end it for want of memory.",
    default: "0",
    example: "2",
  }),
  heals: key(count(0, most), {
    meaning: "How many heals it may need meanwhile.",
    default: "0",
    example: "1",
  }),
  "false-alarms": key(count(0, most), {
    meaning:
      "How many incidents may open and clear meanwhile by themselves, without a crash or a heal: alarms that nobody will believe for long.",
    default: "0",
    example: "3",
  }),
  enable: key(oneOf("at-once", "after"), {
    meaning:
      "When services begin to start at boot. after: only once they have passed; holdfast enable before that is refused without --override. One that starts at boot already goes on to do so.",
    default: "at-once",
    becomes: "systemctl enable at the end of the probation",
    example: "after",
  }),
});

export type ProbationSpec = v.InferOutput<typeof probationSchema>;
