import * as v from "valibot";
import { common } from "./check-keys.ts";
import { growth, share } from "./health-values.ts";
import { key, requiredKey } from "./key-doc.ts";
import { duration, percent } from "./read-values.ts";
import { count, filePath, flag } from "./values.ts";

/** Checks of what the service uses and what the host has left. */
export const checksOfResources = {
  sockets: v.strictObject({
    port: key(count(1, 65_535), {
      meaning: "Only connections of this port, at either end.",
      default: "all",
      example: "443",
    }),
    "at-least": key(count(1, 100_000), {
      meaning: "The fewest connections of the service's own processes.",
      default: "none",
      example: "1",
    }),
    "at-most": key(count(1, 100_000), { meaning: "The most.", default: "none", example: "200" }),
    ...common,
  }),
  memory: v.strictObject({
    "at-most": key(share(), {
      meaning: "The most memory, as a size or as a part of limits.memory.",
      default: "none",
      example: "80%",
    }),
    growth: key(growth(), {
      meaning: "The most it may grow, by its trend.",
      default: "none",
      example: "100M per 1h",
    }),
    for: key(duration(), { meaning: "Only when it lasts this long.", default: "at once", example: "5m" }),
    ...common,
  }),
  cpu: v.strictObject({
    "at-most": requiredKey(percent(), {
      meaning: "The most CPU time, in percent of one core.",
      example: "90%",
    }),
    for: key(duration(), { meaning: "Only when it lasts this long.", default: "5m", example: "5m" }),
    ...common,
  }),
  disk: v.strictObject({
    path: key(filePath(), {
      meaning: "A path on the file system; relative to directory.",
      default: "directory",
      example: "data",
    }),
    free: key(share(), { meaning: "What must be free.", default: "10%", example: "2G" }),
    inodes: key(percent(), {
      meaning: "The part of all inodes that must be free.",
      default: "5%",
      example: "5%",
    }),
    "full-in": key(duration(), {
      meaning: "At its present rate it must not be full before this.",
      default: "none",
      example: "24h",
    }),
    ...common,
  }),
  sqlite: v.strictObject({
    path: requiredKey(filePath(), {
      meaning: "The database; relative to directory.",
      example: "data/trades.db",
    }),
    integrity: key(flag(), {
      meaning: "Check its integrity (PRAGMA quick_check) and read the answer.",
      default: "true",
      example: "true",
    }),
    "at-most": key(share(), { meaning: "The largest it may be.", default: "none", example: "2G" }),
    growth: key(growth(), { meaning: "The most it may grow.", default: "none", example: "100M per 1d" }),
    ...common,
  }),
  clock: v.strictObject({
    offset: key(duration(), {
      meaning: "How far the clock may be off, as the host's time service reports it.",
      default: "1s",
      example: "1s",
    }),
    ...common,
  }),
} as const;
