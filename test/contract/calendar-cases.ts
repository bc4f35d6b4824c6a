/** A calendar expression and the moment, in microseconds since 1970, after which it is asked for. */
export type CalendarCase = { readonly expression: string; readonly base: number };

export const dstZones = ["America/New_York", "America/Chicago", "Europe/Berlin", "Australia/Lord_Howe"];
export const otherZones = ["Asia/Kolkata", "UTC"];

type Random = {
  readonly below: (limit: number) => number;
  readonly chance: (share: number) => boolean;
  readonly of: <T>(values: readonly T[]) => T;
};

/** The same numbers for the same seed (mulberry32), so that a failure can be repeated. */
function makeRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return { below, chance: (share) => next() < share, of: (values) => values[below(values.length)]! };
}

/** Expressions of all forms, dates that exist seldom or never, times near changes of clocks, and a share of wrong ones. */
export function makeCalendarCases(seed: number, count: number): CalendarCase[] {
  const random = makeRandom(seed);
  return Array.from({ length: count }, () => ({
    expression: makeExpression(random),
    base: makeBase(random),
  }));
}

function makeExpression(random: Random): string {
  const plain = random.chance(0.04) ? random.of(words) : makePlain(random);
  const zone = random.chance(0.4) ? ` ${random.of(zones)}` : "";
  const whole = plain + zone;
  return random.chance(0.06) ? damage(random, whole) : whole;
}

const words = [
  ..."minutely hourly daily weekly monthly quarterly semiannually yearly annually anually biannually".split(
    " ",
  ),
  ..."bi-annually semi-annually DAILY Weekly fortnightly @86400 @4102444800 @-5 @+7 @7258118400 @x".split(
    " ",
  ),
];
const zones = [
  ...[...dstZones, ...otherZones].flatMap((zone) => [zone, zone]),
  ..."utc EST EDT CET CEST CST IST Europe/Berlin Europe/Dublin America/Sao_Paulo Africa/Casablanca".split(
    " ",
  ),
  ..."Pacific/Apia America/Asuncion Asia/Beirut Europe/Nowhere europe/berlin Etc/GMT+5 ".split(" "),
];

function makePlain(random: Random): string {
  const parts = [
    ...(random.chance(0.3) ? [makeWeekdays(random)] : []),
    ...(random.chance(0.6) ? [makeDate(random)] : []),
    ...(random.chance(0.85) ? [makeTime(random)] : []),
  ];
  return parts.length === 0 ? "daily" : parts.join(random.chance(0.03) ? "  " : " ");
}

const days = "Mon Tue Wed Thu Fri Sat Sun".split(" ");
const longDays = "Monday tuesday WED Thursday fri Saturday Sunday".split(" ");

function makeWeekdays(random: Random): string {
  const one = () => random.of(random.chance(0.9) ? days : longDays);
  const part = () => {
    if (random.chance(0.6)) return one();
    const [from, to] = [random.below(7), random.below(7)].sort((a, b) => a - b);
    const range = [days[from!]!, days[to!]!];
    return (random.chance(0.9) ? range : range.toReversed()).join(random.chance(0.9) ? ".." : "-");
  };
  const list = Array.from({ length: 1 + random.below(3) }, part).join(",");
  return random.chance(0.03) ? `${list},` : list;
}

function makeDate(random: Random): string {
  if (random.chance(0.15)) return random.of(oddDates);
  const fromEnd = random.chance(0.15);
  const year = random.chance(0.75) ? "*" : makeField(random, 2020, 2045);
  const month = random.chance(0.6) ? "*" : makeField(random, 1, 12);
  const day = random.chance(0.3) ? "*" : makeField(random, 1, fromEnd && random.chance(0.9) ? 28 : 31);
  const monthAndDay = `${month}${fromEnd ? "~" : "-"}${day}`;
  return random.chance(0.6) ? `${year}-${monthAndDay}` : monthAndDay;
}

const oddDates =
  "*-02-29 *-02-30 02-29 *-02~1 *~1 *-*~01..07 *-*~07/1 *-02-28..31 *-04,06-31 2000-01-01 1970-01-01 70-01-01 99-12-31 2199-12-31 2200-1-1 2198..2199-12-31 *-*-31 2096-02-29 69-1-1 *-*~28 *-*~29 *-*-29/2 *-03-08..14 *-11-01..07 *-03-25..31 2024/4-02-29 2100-02-29 2026..2020-1-1".split(
    " ",
  );

function makeTime(random: Random): string {
  if (random.chance(0.2)) return random.of(oddTimes);
  const hour = random.chance(0.25) ? "*" : makeField(random, 0, 23);
  const minute = random.chance(0.2) ? "*" : makeField(random, 0, 59);
  const time = `${hour}:${minute}`;
  return random.chance(0.35) ? `${time}:${makeSeconds(random)}` : time;
}

const oddTimes =
  "02:30 2:00 1:30 3:00 00:00 23:59:59 24:00 1:60 0/15:00 *:0/15 *:*/5 0/2:00 02:00..59 1..3:0/20 *:5/20 23/1:00 *:*:* *:*:0/10 1:30:00 2:15 2:29:59 00/6:30 0:0:60 12 0..24:00 *:*:0/0.1 *:0:59.999999 *:0:1..1.5 *:0:1..1.5/0.25 *:0:0.0000004 *:0:0.9999996 1:1:1.".split(
    " ",
  );

function makeSeconds(random: Random): string {
  const choice = random.below(5);
  if (choice === 0) return "*";
  if (choice === 1) return String(random.below(61));
  if (choice === 2) return `${random.below(60)}.${random.below(10 ** (1 + random.below(8)))}`;
  if (choice === 3) return `${random.below(30)}/${1 + random.below(40)}${random.chance(0.3) ? ".5" : ""}`;
  return makeField(random, 0, 59);
}

function makeField(random: Random, lowest: number, highest: number): string {
  const part = () => {
    const low = lowest + random.below(highest - lowest + 1);
    const choice = random.below(8);
    if (choice < 4) return text(random, low);
    const high = low + random.below(highest - low + (random.chance(0.03) ? 5 : 1));
    if (choice === 4) return `${text(random, low)}..${text(random, high)}`;
    const step = 1 + random.below(random.chance(0.8) ? 6 : highest - lowest + 2);
    return choice === 5 ? `${low}..${high}/${step}` : `${low}/${step}`;
  };
  return Array.from({ length: random.chance(0.75) ? 1 : 2 + random.below(3) }, part).join(",");
}

function text(random: Random, value: number): string {
  return random.chance(0.5) ? String(value).padStart(2, "0") : String(value);
}

function damage(random: Random, whole: string): string {
  const at = random.below(whole.length + 1);
  const what = random.of([...Array.from(" ,.-~:/*@0195aM"), "..", "Mon ", "  ", " UTC"]);
  return random.chance(0.4)
    ? whole.slice(0, at) + whole.slice(at + 1)
    : whole.slice(0, at) + what + whole.slice(at);
}

const day = 86_400;

/** Half of the moments are near a change of clocks in one of the zones: the second Sunday of March and so on. */
function makeBase(random: Random): number {
  const year = random.chance(0.95)
    ? 2000 + random.below(60)
    : random.of([1970, 1971, 2037, 2038, 2099, 2198, 2199]);
  const [month, first] = random.of(nearChanges);
  const from = Date.UTC(year, month - 1, first) / 1000;
  const seconds = random.chance(0.5)
    ? from + random.below(8 * day)
    : Date.UTC(year, 0, 1) / 1000 + random.below(365 * day);
  const round = random.chance(0.5) ? seconds - (seconds % 900) : seconds;
  return round * 1_000_000 + (random.chance(0.2) ? random.below(1_000_000) : 0);
}

const nearChanges = [
  [3, 8],
  [11, 1],
  [3, 25],
  [10, 25],
  [4, 1],
  [10, 1],
] as const;
