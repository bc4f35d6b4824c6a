import * as v from "valibot";
import { common, matches } from "./check-keys.ts";
import { key, requiredKey } from "./key-doc.ts";
import { command, duration } from "./read-values.ts";
import { filePath, oneOf } from "./values.ts";

/** Checks of what the program itself says or does. */
export const checksOfWork = {
  log: v.strictObject({
    ...matches,
    level: key(oneOf("error", "warning", "info"), {
      meaning: "Only lines of this level and worse.",
      default: "all",
      example: "error",
    }),
    ...common,
  }),
  file: v.strictObject({
    path: requiredKey(filePath(), { meaning: "The file; relative to directory.", example: "logs/bot.log" }),
    ...matches,
    ...common,
  }),
  beat: v.strictObject({
    within: requiredKey(duration(), {
      meaning:
        'The program says at least this often that its main loop turns: it runs "holdfast beat", or touches the file named by $HOLDFAST_BEAT.',
      example: "30s",
    }),
    ...common,
  }),
  exec: v.strictObject({
    run: requiredKey(command(), {
      meaning: "Good when it exits 0; 3 means it could not tell. It runs as the service's user.",
      example: "bin/check",
    }),
    ...common,
  }),
} as const;
