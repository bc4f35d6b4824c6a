/** When a line of a crontab runs: every value of each field, in order. */
export type CronTime = {
  minute: readonly number[];
  hour: readonly number[];
  day: readonly number[];
  month: readonly number[];
  /** 0 is Sunday. */
  weekday: readonly number[];
  /** Whether both the day and the weekday must match. Cron asks for either one when neither field begins with "*". */
  bothDays: boolean;
  /** Fields in which cron picks a value at random when it loads the crontab, and the value that was picked here. */
  picked: readonly { field: string; written: string; value: number }[];
};

export type CronTimeResult =
  | { ok: true; value: CronTime }
  /** The field counts from 0. */
  | { ok: false; field: number; why: string; todo: string };

type Bounds = { name: string; low: number; high: number; names: readonly string[] };

const months = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const days = "sun mon tue wed thu fri sat".split(" ");
const fields: readonly Bounds[] = [
  { name: "minute", low: 0, high: 59, names: [] },
  { name: "hour", low: 0, high: 23, names: [] },
  { name: "day of the month", low: 1, high: 31, names: [] },
  { name: "month", low: 1, high: 12, names: months },
  { name: "day of the week", low: 0, high: 7, names: days },
];

const words: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** The five fields that a word such as @daily stands for; undefined where it is none that every cron knows. */
export function fieldsOfWord(word: string): readonly string[] | undefined {
  return words[word.toLowerCase()]?.split(" ");
}

/** Reads the five fields as Vixie cron and cronie do. What they take differently, or what only others know, is refused. */
export function readCronTime(written: readonly string[], seed: string): CronTimeResult {
  const values: number[][] = [];
  const picked: { field: string; written: string; value: number }[] = [];
  for (const [index, bounds] of fields.entries()) {
    const text = written[index] ?? "";
    const read = readField(text, bounds, `${seed} ${index}`);
    if (!read.ok) return { ok: false, field: index, why: read.why, todo: read.todo };
    values.push(read.values);
    for (const value of read.picked) picked.push({ field: bounds.name, written: text, value });
  }
  const [minute, hour, day, month, weekday] = values as [number[], number[], number[], number[], number[]];
  return {
    ok: true,
    value: {
      minute,
      hour,
      day,
      month,
      weekday: [...new Set(weekday.map((value) => value % 7))].toSorted((a, b) => a - b),
      bothDays: written[2]!.startsWith("*") || written[4]!.startsWith("*"),
      picked,
    },
  };
}

type FieldResult =
  | { ok: true; values: number[]; picked: number[] }
  | { ok: false; why: string; todo: string };

function readField(text: string, bounds: Bounds, seed: string): FieldResult {
  const values = new Set<number>();
  const picked: number[] = [];
  for (const part of text.split(",")) {
    const read = readPart(part, bounds, `${seed} ${part}`);
    if (!read.ok) return read;
    for (const value of read.values) values.add(value);
    picked.push(...read.picked);
  }
  return { ok: true, values: [...values].toSorted((a, b) => a - b), picked };
}

function readPart(part: string, bounds: Bounds, seed: string): FieldResult {
  const { name, low, high } = bounds;
  const refuse = (why: string, todo = `write a ${name} from ${low} to ${high}`): FieldResult => ({
    ok: false,
    why,
    todo,
  });
  const [range, stepText, extra] = part.split("/") as [string, string?, string?];
  if (extra !== undefined) return refuse(`"${part}" has two steps`);
  const step = stepText === undefined ? 1 : /^\d{1,9}$/.test(stepText) ? Number(stepText) : Number.NaN;
  if (!(step >= 1)) return refuse(`the step in "${part}" is no number above 0`);
  if (/^(.*)~(.*)$/.test(range)) {
    const [from = "", to = ""] = range.split("~");
    const first = from === "" ? low : valueOf(from, bounds);
    const last = to === "" ? high : valueOf(to, bounds);
    if (first === null || last === null || last < first || stepText !== undefined)
      return refuse(`"${part}" is no range that cron can pick from`);
    const value = first + (hash(seed) % (last - first + 1));
    return { ok: true, values: [value], picked: [value] };
  }
  const ends = range === "*" ? [String(low), String(high)] : range.split("-");
  if (ends.length > 2) return refuse(`"${part}" is no range`);
  const first = valueOf(ends[0]!, bounds);
  const last = ends.length === 1 ? first : valueOf(ends[1]!, bounds);
  if (first === null || last === null) return refuse(...strange(part, bounds));
  if (last < first)
    return refuse(
      `"${part}" goes down, and cron refuses it`,
      `write it as two ranges: ${ends[0]}-${high},${low}-${ends[1]}`,
    );
  if (ends.length === 1 && stepText !== undefined && range !== "*")
    return refuse(
      `crons do not agree on "${part}": for some it is ${first} alone, for others it goes on to ${high}`,
      `write ${first}, or ${first}-${high}/${step}`,
    );
  const values: number[] = [];
  for (let value = first; value <= last; value += step) values.push(value);
  return { ok: true, values, picked: [] };
}

function valueOf(text: string, { low, high, names }: Bounds): number | null {
  const name = names.indexOf(text.toLowerCase());
  if (name !== -1) return name + (low === 1 ? 1 : 0);
  if (!/^\d{1,4}$/.test(text)) return null;
  const value = Number(text);
  return value >= low && value <= high ? value : null;
}

function strange(part: string, { name, low, high }: Bounds): [why: string, todo: string] {
  if (part.startsWith("H")) return [`"${part}" is how Jenkins writes it`, `choose a ${name}`];
  if (/[?LW#]/.test(part))
    return [
      `"${part}" is how Quartz and its kin write it, and no cron does`,
      `write the job by hand: holdfast explain jobs.at`,
    ];
  return [`"${part}" is no ${name}`, `write a ${name} from ${low} to ${high}`];
}

/** The same text always picks the same value (FNV-1a). */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}
