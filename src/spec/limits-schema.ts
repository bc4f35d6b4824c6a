import * as v from "valibot";
import { key } from "./key-doc.ts";
import { percent, size } from "./read-values.ts";
import { count } from "./values.ts";

/** What the program may use of the machine (systemd.resource-control(5), systemd.exec(5)). */
export const limitsSchema = v.strictObject({
  memory: key(size({ infinity: true }), {
    meaning: "Hard limit: the kernel kills the service above it.",
    default: "none",
    becomes: "MemoryMax=",
    example: "2G",
  }),
  "memory-high": key(size({ infinity: true }), {
    meaning: "Soft limit: above it the service is slowed down and its memory reclaimed. Needs cgroup v2.",
    default: "none",
    becomes: "MemoryHigh=",
    example: "1536M",
  }),
  swap: key(size({ zero: true, infinity: true }), {
    meaning: "The most swap it may use.",
    default: "none",
    becomes: "MemorySwapMax=",
    example: "0M",
  }),
  cpu: key(percent(), {
    meaning: "CPU time, in percent of one core.",
    default: "none",
    becomes: "CPUQuota=",
    example: "150%",
  }),
  tasks: key(count(16, 4_194_304), {
    meaning:
      "The most processes and threads together. JVMs need 64 or more. Use it instead of the per-user LimitNPROC.",
    default: "systemd's own",
    becomes: "TasksMax=",
    example: "512",
  }),
  files: key(count(16, 1_048_576), {
    meaning: "The most open files of one process.",
    default: "systemd's own",
    becomes: "LimitNOFILE=",
    example: "65536",
  }),
  nice: key(count(-20, 19), {
    meaning: "Scheduling priority: below 0 takes time from everything else on the host; prefer cpu-weight.",
    default: "0",
    becomes: "Nice=",
    example: "5",
  }),
  "cpu-weight": key(count(1, 10_000), {
    meaning: "Share of CPU time when it is short; 100 is normal.",
    default: "100",
    becomes: "CPUWeight=",
    example: "200",
  }),
  "io-weight": key(count(1, 10_000), {
    meaning: "Share of disk time when it is short; 100 is normal.",
    default: "100",
    becomes: "IOWeight=",
    example: "50",
  }),
});
