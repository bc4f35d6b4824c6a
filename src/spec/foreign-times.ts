/** What a person meant who wrote a time the way another program takes it; null when it looks like none of them. */
export type ForeignTime = { what: string; fix?: string };

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const cronWords: ReadonlySet<string> = new Set(["@hourly", "@daily", "@weekly", "@monthly", "@yearly"]);

/** Recognizes cron lines, times with am and pm, and words that systemd does not know. */
export function recognizeForeignTime(text: string): ForeignTime | null {
  const trimmed = text.trim();
  if (cronWords.has(trimmed)) return { what: "this is how cron writes it", fix: trimmed.slice(1) };
  const fields = trimmed.split(/\s+/);
  if (
    fields.length === 5 &&
    fields.every((field) => /^[\d*][\d*/,-]*$|^[a-z]{3}(-[a-z]{3})?$/i.test(field))
  ) {
    const fix = fromCron(fields);
    return { what: "this is how cron writes it", ...(fix === null ? {} : { fix }) };
  }
  const twelve = /\b(\d{1,2})(?::(\d{2}))?\s*([ap])\.?m\b\.?/i.exec(trimmed);
  if (twelve) {
    const hour = (Number(twelve[1]) % 12) + (twelve[3]!.toLowerCase() === "p" ? 12 : 0);
    const time = `${String(hour).padStart(2, "0")}:${twelve[2] ?? "00"}`;
    return {
      what: "hours are counted from 0 to 23, without am and pm",
      fix: trimmed.replace(twelve[0], time),
    };
  }
  const words = /^(?:every\s+)?(weekdays?|workdays?|weekends?|days?)\b(?:\s+at)?\s*/i.exec(trimmed);
  if (!words || /^days?$/i.test(trimmed)) return null;
  const on = { w: "Mon..Fri ", e: "Sat,Sun ", d: "" }[kindOfDays(words[1]!)];
  return { what: "this is English, not a time of systemd", fix: `${on}${trimmed.slice(words[0].length)}` };
}

function kindOfDays(word: string): "w" | "e" | "d" {
  const lower = word.toLowerCase();
  return lower.startsWith("weekend") ? "e" : lower.startsWith("day") ? "d" : "w";
}

/** Minute, hour, day of the month, month, day of the week. Null when cron's "either day matches" would be lost. */
function fromCron(fields: readonly string[]): string | null {
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  if (day !== "*" && weekday !== "*") return null;
  if ([minute, hour, day, month].some((field) => /[a-z]/i.test(field))) return null;
  const list = (field: string, first: number) => field.replace(/^\*\//, `${first}/`).replaceAll("-", "..");
  const two = (field: string) => (/^\d$/.test(field) ? `0${field}` : field);
  const on =
    weekday === "*" ? [] : [weekday.replaceAll("-", "..").replace(/[0-7]/g, (d) => days[Number(d)]!)];
  const date = day === "*" && month === "*" ? [] : [`*-${two(list(month, 1))}-${two(list(day, 1))}`];
  return [...on, ...date, `${two(list(hour, 0))}:${two(list(minute, 0))}`].join(" ");
}
