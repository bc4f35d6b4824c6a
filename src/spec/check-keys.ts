import { pattern, tally } from "./health-values.ts";
import { key } from "./key-doc.ts";
import { duration, rate } from "./read-values.ts";
import { count, flag, matching, oneOf, text } from "./values.ts";

const checkName = () =>
  matching(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "a name of lower-case letters, digits and single dashes");

/** What every check has besides what it looks at. */
export const common = {
  name: key(checkName(), {
    meaning: "Name of the check in status, history and alerts.",
    default: "its kind; the second of a kind is kind-2",
    example: "market-data",
  }),
  every: key(duration(), {
    meaning:
      "How often it looks. Checks of logs, files and heartbeats look at the moment their limit passes.",
    default: "15s; 1h for certificates, 1m for disk, clock and databases",
    example: "15s",
  }),
  timeout: key(duration(), {
    meaning: "An answer that takes longer is a bad result.",
    default: "10s",
    example: "5s",
  }),
  fails: key(tally(), {
    meaning: 'How many bad results make a failure: 3 in a row, or "4 of 6" for what comes and goes.',
    default: "3; 1 for logs, files, heartbeats and limits, which have their time in them",
    example: "4 of 6",
  }),
  recovers: key(count(1, 64), {
    meaning: "How many good results in a row, over at least a minute, end a failure.",
    default: "2",
    example: "2",
  }),
  severity: key(oneOf("error", "warning"), {
    meaning: "error: the service is unhealthy. warning: it is degraded, and nothing is done about it.",
    default: "error; warning for disk, memory, cpu, tls, clock and sockets",
    example: "warning",
  }),
  heals: key(flag(), {
    meaning: "Whether its failure may lead to what heal says, such as a restart.",
    default:
      "true for an error in the service itself, false for warnings, dependencies, disk, databases and clock",
    example: "false",
  }),
  dependency: key(checkName(), {
    meaning:
      "The check looks at something that the service depends on, by this name. While it fails, a stalled service is degraded by it and is not restarted.",
    default: "none",
    example: "broker",
  }),
  during: key(text(), {
    meaning: "A name from windows: outside of these hours the check is skipped, and silence is healthy.",
    default: "always",
    example: "market-hours",
  }),
  quick: key(flag(), {
    meaning: "Whether it is part of holdfast health --quick.",
    default: "true; false for exec, sqlite, tls and dns",
    example: "false",
  }),
};

/** What checks of lines have besides, wherever the lines are. */
export const matches = {
  match: key(pattern(), {
    meaning:
      "Regular expression of the lines that mean that work was done. It is matched in linear time, and has no back references or look-around.",
    default: "every line",
    example: "VIX|Position|Update",
  }),
  fresh: key(duration(), {
    meaning: "The newest such line may be no older than this.",
    default: "none",
    example: "5m",
  }),
  "at-least": key(rate(), {
    meaning: "So many such lines within a window, counted by their time.",
    default: "none",
    example: "1 per 5m",
  }),
  "at-most": key(rate(), {
    meaning: "No more such lines than this within a window, as for errors.",
    default: "none",
    example: "5 per 1m",
  }),
};
