import type { Key } from "../../init/write-keys.ts";
import type { TakenApart } from "../shell/take-apart.ts";
import { fieldsOfWord, readCronTime, type CronTime } from "./cron-time.ts";
import type { CronEntry } from "./read-crontab.ts";
import { toCalendars } from "./to-calendar.ts";

/** When a line runs, in systemd's syntax. */
export type Time = { calendars: string[]; why: string; daily: boolean; notes: string[] };

/** The times of a line, or why they cannot be had. */
export function timeOf(entry: CronEntry, app: string): Time | { why: string; todo: string } {
  const [first] = entry.when;
  const fields = entry.when.length === 1 ? fieldsOfWord(first!) : entry.when;
  if (fields === undefined)
    return /^@every\b/i.test(first!)
      ? {
          why: `${first} counts from the start of the program, which no cron of Linux does`,
          todo: "write it by hand: every: 15m counts from the full hour",
        }
      : {
          why: `${first} is no word that cron on Linux knows`,
          todo: "write it by hand: holdfast explain jobs.at",
        };
  const read = readCronTime(fields, `${app} ${entry.line}`);
  if (!read.ok) return { why: read.why, todo: read.todo };
  const calendars = toCalendars(read.value);
  if (calendars.length === 0) return { why: "there is no such day, so cron never ran it", todo: "nothing" };
  const both = calendars.length > 1 ? ", which means either day" : "";
  return {
    calendars,
    why: `${entry.when.join(" ")}${both}`,
    daily: isDaily(read.value),
    notes: pickedNotes(read.value),
  };
}

function isDaily({ minute, hour }: CronTime): boolean {
  return minute.length === 1 && hour.length === 1;
}

function pickedNotes({ picked }: CronTime): string[] {
  return picked.map(
    ({ field, written, value }) =>
      `cron picks the ${field} of "${written}" by chance when it loads the crontab; ${value} was picked here and stays.`,
  );
}

/** Cron sets no limit. Twelve hours, so that a daily job that hangs runs again the next day. */
export function timeoutKey({ timeout }: TakenApart, daily: boolean, at: CronEntry["at"]): Key[] {
  if (timeout !== null) return [{ key: ["timeout"], value: timeout, why: "timeout", at }];
  return daily
    ? [{ key: ["timeout"], value: "12h", why: "cron has no limit; 1h unless it is written", at }]
    : [];
}

/** Cronie's delay at random, at most so many minutes. */
export function delayKey(minutes: string | undefined, at: CronEntry["at"]): Key[] {
  return minutes === undefined || !/^\d+$/.test(minutes) || minutes === "0"
    ? []
    : [{ key: ["jitter"], value: `${minutes}m`, why: "RANDOM_DELAY", at }];
}
