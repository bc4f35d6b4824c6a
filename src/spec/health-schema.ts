import * as v from "valibot";
import { endpoint, growth, hours as hoursValue, pattern, share, tally } from "./health-values.ts";
import { zoneName } from "./job-schema.ts";
import { issueMessage, key, requiredKey } from "./key-doc.ts";
import { command, duration, percent, rate } from "./read-values.ts";
import { webAddress } from "./web-address.ts";
import { count, filePath, flag, matching, oneOf, scalarText, text } from "./values.ts";

const checkName = () =>
  matching(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, "a name of lower-case letters, digits and single dashes");

/** What every check has besides what it looks at. */
const common = {
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

const matches = {
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

const kinds = {
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
  http: v.strictObject({
    url: requiredKey(webAddress(), { meaning: "The address.", example: "http://127.0.0.1:8000/health" }),
    status: key(
      v.union(
        [count(100, 599), v.array(count(100, 599))],
        issueMessage("spec/bad-number", "a status, or a list of them"),
      ),
      {
        meaning: "Which answers are good.",
        default: "200 to 299",
        example: "204",
      },
    ),
    body: key(pattern(), { meaning: "What the body must match.", default: "anything", example: '"ok"' }),
    json: key(v.record(text(), scalarText()), {
      meaning: "Values that the body must have, by path such as checks.db.status.",
      default: "none",
      example: "{ status: ok }",
    }),
    "faster-than": key(duration(), {
      meaning: "How long the answer may take.",
      default: "timeout",
      example: "2s",
    }),
    ...common,
  }),
  tcp: v.strictObject({
    to: requiredKey(endpoint(), { meaning: "Where something must listen.", example: "127.0.0.1:5432" }),
    ...common,
  }),
  tls: v.strictObject({
    to: key(endpoint(), {
      meaning: "The server whose certificate is looked at.",
      default: "none",
      example: "api.example.org:443",
    }),
    file: key(filePath(), {
      meaning: "A certificate in a file, instead of a server's.",
      default: "none",
      example: "/etc/ssl/bot.pem",
      alone: true,
    }),
    "valid-for": key(duration(), {
      meaning: "It must be valid for at least this long.",
      default: "14d",
      example: "14d",
    }),
    ...common,
  }),
  dns: v.strictObject({
    resolve: requiredKey(matching(/^[A-Za-z0-9_.-]+$/, "a host name", "spec/bad-endpoint"), {
      meaning: "The name that must have an address.",
      example: "api.example.org",
    }),
    ...common,
  }),
  rpc: v.strictObject({
    url: requiredKey(
      matching(
        /^(https?:\/\/\S+|\$[A-Za-z_][A-Za-z0-9_]*)$/,
        "an http:// or https:// address, or $NAME of a variable of the service",
        "spec/bad-url",
      ),
      {
        meaning: "A JSON-RPC endpoint; $NAME is taken from the service's environment, and is never shown.",
        example: "$POLYGON_RPC_URL",
      },
    ),
    method: requiredKey(text(), { meaning: "The method that is called.", example: "eth_blockNumber" }),
    params: key(v.array(scalarText()), { meaning: "Its parameters.", default: "none", example: "[latest]" }),
    progress: key(duration(), {
      meaning: "The answer, a number such as a block height, must grow within this time.",
      default: "any result will do",
      example: "2m",
    }),
    "faster-than": key(duration(), {
      meaning: "How long the answer may take.",
      default: "timeout",
      example: "2s",
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

const docs: Record<keyof typeof kinds, { meaning: string; example: string }> = {
  log: { meaning: "What the service writes to the journal.", example: '{ match: "Position", fresh: 5m }' },
  file: { meaning: "A file that the program writes.", example: "{ path: logs/bot.log, fresh: 5m }" },
  beat: { meaning: "A heartbeat of the program's main loop.", example: "{ within: 30s }" },
  http: { meaning: "An answer over HTTP.", example: '{ url: "http://127.0.0.1:8000/health" }' },
  tcp: { meaning: "Something that listens.", example: "{ to: 127.0.0.1:5432 }" },
  tls: { meaning: "A certificate that will not run out soon.", example: "{ to: api.example.org:443 }" },
  dns: { meaning: "A name that resolves.", example: "{ resolve: api.example.org }" },
  rpc: {
    meaning: "A JSON-RPC answer, and progress in it.",
    example: "{ url: $RPC_URL, method: eth_blockNumber, progress: 2m }",
  },
  exec: { meaning: "A command that exits 0.", example: "{ run: bin/check }" },
  sockets: {
    meaning: "How many connections the service's own processes have.",
    example: "{ port: 443, at-most: 200 }",
  },
  memory: { meaning: "Memory of the service, and its trend.", example: "{ at-most: 80%, for: 5m }" },
  cpu: { meaning: "CPU time of the service.", example: "{ at-most: 90%, for: 5m }" },
  disk: { meaning: "Space and inodes of a file system, and when it will be full.", example: "{ free: 10% }" },
  sqlite: { meaning: "Integrity and size of a SQLite database.", example: "{ path: data/trades.db }" },
  clock: { meaning: "The host's clock.", example: "{ offset: 1s }" },
};

type Kinds = typeof kinds;
export type CheckKindName = keyof Kinds;

const entries = Object.fromEntries(
  Object.entries(kinds).map(([kind, schema]) => [
    kind,
    key(schema, { ...docs[kind as CheckKindName], default: "none" }),
  ]),
) as unknown as { [K in CheckKindName]: v.OptionalSchema<Kinds[K], undefined> };

/** One check: a kind and what it looks at. */
const checkSchema = v.pipe(
  v.strictObject(entries),
  v.check(
    (check) => Object.values(check).filter((value) => value !== undefined).length === 1,
    issueMessage("spec/one-kind", `one kind of check: ${Object.keys(kinds).join(", ")}`),
  ),
);

export type CheckSpec = { [K in CheckKindName]?: v.InferOutput<Kinds[K]> | undefined };

/** What is done about a service that fails its checks. */
const healSchema = v.strictObject({
  do: key(oneOf("restart", "reload", "alert-only"), {
    meaning:
      "restart: stop with its time-out, kill what is left, start, wait until ready. reload: what reload says. alert-only: nothing but tell, for programs that a person has to look at first.",
    default: "restart",
    example: "alert-only",
  }),
  "run-first": key(command(), {
    meaning:
      "A command that tries to mend it, as the service's user; when the checks are good after it, nothing else is done.",
    default: "none",
    example: "bin/reconnect",
  }),
  limit: key(rate(), {
    meaning:
      "The most heals within a sliding window. They are counted across reboots; what people do by hand does not count.",
    default: "3 per 1h",
    example: "3 per 1h",
  }),
  crashes: key(rate(), {
    meaning: "The most restarts by systemd within a window, however slow the loop; more opens the breaker.",
    default: "10 per 6h",
    example: "10 per 6h",
  }),
  // oxlint-disable-next-line unicorn/no-thenable
  then: key(oneOf("break", "leave"), {
    meaning:
      "When the limit is reached. break: the circuit breaker opens, the service is stopped, and any start is refused until it re-arms. leave: it is left as it is.",
    default: "break",
    example: "leave",
  }),
  rearm: key(
    v.union(
      [v.literal("by-hand"), duration()],
      issueMessage("spec/bad-duration", "by-hand, or a span of time such as 1h"),
    ),
    {
      meaning:
        "When an open breaker lets the service try once more; a failure then opens it again for twice as long. by-hand: only holdfast reset does.",
      default: "by-hand",
      example: "1h",
    },
  ),
  proof: key(duration(), {
    meaning:
      "How long after a heal its checks may take to be good again. Later means that the restart did not help.",
    default: "1m",
    example: "2m",
  }),
  recycle: key(share(), {
    meaning: "Restart it gracefully when its memory passes this, before the limit kills it.",
    default: "never",
    example: "90%",
  }),
});

/** What both levels of the file say about watching. */
export const watchKeys = {
  health: key(v.array(checkSchema), {
    meaning: "What shows that the service works, beyond being there.",
    default: "its unit is active",
    example: "[{ beat: { within: 30s } }]",
  }),
  heal: key(healSchema, {
    meaning: "What is done when its checks fail, and when that ends.",
    default: "restart, at most 3 per 1h, then break",
    example: "{ limit: 3 per 1h, then: break }",
  }),
  grace: key(duration({ zero: true }), {
    meaning: "After every start, whoever started it, checks are not held against the service for this long.",
    default: "30s",
    example: "2m",
  }),
};

/** Named hours for `during`. */
export const windowSchema = v.strictObject({
  calendar: key(text(), { meaning: "Only on its open days.", default: "every day", example: "XNYS" }),
  days: key(text(), {
    meaning: "Only on these days of the week.",
    default: "every day",
    example: "Mon..Fri",
  }),
  hours: key(hoursValue(), {
    meaning: "Only at these times of day.",
    default: "all day",
    example: "09:30..16:00",
  }),
  zone: key(zoneName(), {
    meaning: "Time zone of the hours.",
    default: "zone of the file, or UTC",
    example: "America/New_York",
  }),
});

export const heartbeatSchema = v.strictObject({
  url: requiredKey(webAddress(), {
    meaning:
      "An address that somebody else's dead-man switch watches. It is called only while the watching really works.",
    example: "https://hc-ping.com/uuid",
  }),
  every: key(duration(), { meaning: "How often.", default: "1m", example: "1m" }),
});

export type WindowSpec = v.InferOutput<typeof windowSchema>;
