/** One line of a unit's log: what the unit wrote, or what systemd says about it. */
export type JournalEntry = {
  /** Microseconds since the epoch, as journald received it. */
  time: number;
  /** Where to go on reading: the next entry is after this cursor. */
  cursor: string;
  unit: string | null;
  /** Who wrote it: the unit itself, or systemd about the unit. */
  from: "unit" | "systemd";
  pid: number | null;
  /** syslog(3) level, 0 to 7; lower is worse. */
  priority: number;
  /** As written, control characters included; bytes that are no UTF-8 are replaced. */
  message: string;
  /** 32 hexadecimal digits that name the kind of event (systemd.journal-fields(7)). */
  messageId?: string;
  /** One run of the unit, from start to stop. */
  invocation?: string;
  identifier?: string;
  /** The fields in which systemd tells how a unit ended; see `tellingFields`. */
  fields: Readonly<Record<string, string>>;
};

/** systemd.journal-fields(7); set by the manager on its messages about jobs and exits. */
const tellingFields = [
  "EXIT_CODE",
  "EXIT_STATUS",
  "UNIT_RESULT",
  "N_RESTARTS",
  "JOB_RESULT",
  "JOB_TYPE",
] as const;

/** What a reader must ask of journalctl for parseJournalLine; it adds the cursor and the time by itself. */
export const wantedFields: readonly string[] = [
  "MESSAGE PRIORITY MESSAGE_ID SYSLOG_IDENTIFIER _PID _UID _SYSTEMD_UNIT _SYSTEMD_USER_UNIT UNIT USER_UNIT",
  "OBJECT_SYSTEMD_UNIT COREDUMP_UNIT COREDUMP_USER_UNIT _SYSTEMD_INVOCATION_ID INVOCATION_ID USER_INVOCATION_ID",
  tellingFields.join(" "),
].flatMap((line) => line.split(" "));

/** A line of `journalctl -o json`, parsed; null for anything else that journalctl prints. */
export function parseJournalLine(line: string): JournalEntry | null {
  if (!line.startsWith("{")) return null;
  const raw = parseFields(line);
  const text = (...names: string[]): string | undefined =>
    names.map((name) => asText(raw[name])).find(isPresent);
  const pid = text("_PID");
  // Any program may send a field UNIT=, and so speak of another unit; fields that begin with "_" are journald's word.
  const manager = pid === "1" || text("_SYSTEMD_USER_UNIT") === "init.scope";
  const subject = manager
    ? text("UNIT", "USER_UNIT")
    : text("_UID") === "0"
      ? text("OBJECT_SYSTEMD_UNIT", "COREDUMP_UNIT", "COREDUMP_USER_UNIT")
      : undefined;
  const invocation =
    subject === undefined ? text("_SYSTEMD_INVOCATION_ID") : text("INVOCATION_ID", "USER_INVOCATION_ID");
  const telling = manager ? tellingFields.map((name) => [name, text(name)] as const) : [];
  return {
    time: Number(text("__REALTIME_TIMESTAMP")),
    cursor: text("__CURSOR") ?? "",
    unit: subject ?? text("_SYSTEMD_USER_UNIT", "_SYSTEMD_UNIT") ?? null,
    from: subject === undefined ? "unit" : "systemd",
    pid: pid === undefined ? null : Number(pid),
    // journald's own default for a program's output (SyslogLevel= in systemd.exec(5)).
    priority: Number(text("PRIORITY") ?? 6),
    message: text("MESSAGE") ?? "",
    ...onlyPresent({ messageId: text("MESSAGE_ID"), invocation, identifier: text("SYSLOG_IDENTIFIER") }),
    fields: onlyPresent(Object.fromEntries(telling)),
  };
}

function parseFields(line: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line);
  } catch {
    // An entry that was too long and could not be mended: its short fields. A bare quote is never inside a JSON text.
    const pairs = line.matchAll(/"([A-Z0-9_]+)":"((?:[^"\\]|\\.)*)"/g);
    const message = "(an entry that is too long to be read)";
    return { ...Object.fromEntries([...pairs].map(([, name, value]) => [name, value])), MESSAGE: message };
  }
}

/** A value is text, a list of bytes when it is not clean UTF-8, or a list of values when the field came more than once. */
function asText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) return undefined;
  return value.every(isByte) ? Buffer.from(value).toString("utf8") : asText(value[0]);
}

function isByte(value: unknown): value is number {
  return typeof value === "number";
}

function isPresent(value: string | undefined): value is string {
  return value !== undefined;
}

function onlyPresent(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => isPresent(entry[1])),
  );
}
