import type { JobFault } from "../fault.ts";
import { jobFailures } from "./job-failures.ts";
import { jobStarts } from "./job-starts.ts";

/** What runs at its time, breaks. */
export const jobFaults: readonly JobFault[] = [...jobFailures, ...jobStarts];
