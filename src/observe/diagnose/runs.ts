import type { JournalEntry } from "../../host/journal-entry.ts";
import type { Ending } from "../../value/exit-status.ts";
import { isFromSystemd } from "../logs/log-line.ts";
import { messageId } from "../message-ids.ts";

/** One run of a service, from the start that was asked for to its end, as systemd's own messages tell it. Times in microseconds. */
export type Run = {
  invocation: string | null;
  boot: string;
  /** systemd began to start it. */
  began: number;
  /** It counted as started. */
  started: number | null;
  ended: number | null;
  /** Of its main process. */
  exit: Pick<Ending, "code" | "status"> | null;
  /** Of a command around it, such as ExecStartPre=, when that ended badly. */
  controlExit: Pick<Ending, "code" | "status"> | null;
  /** systemd's Result, when it ended badly. */
  result: string | null;
  /** Its ExecCondition= kept it from running, as the gate of a job does. */
  skipped: boolean;
  /** How the job that should have started it ended, when not well: "failed", "dependency", "timeout". */
  job: string | null;
  /** Somebody asked it to stop, by a job of this type ("stop", "restart"). */
  askedTo: string | null;
  /** What kept the program from being run, in systemd's words. */
  spawn: string | null;
  /** Signal that somebody sent through systemd. */
  sent: string | null;
  outOfMemory: boolean;
  /** systemd planned to start it again. */
  restart: boolean;
  /** Then systemd refused to start it once more: too many starts. */
  refused: number | null;
  /** What systemd said about it without a message id. */
  notes: string[];
};

/** The runs of one unit, oldest first, from its entries in order. Of a run that began before the first entry only the end is known. */
export function runsOf(entries: readonly JournalEntry[]): Run[] {
  const runs: Run[] = [];
  for (const entry of entries) {
    if (!isFromSystemd(entry)) continue;
    const last = runs.at(-1);
    if (last && belongs(entry, last)) note(last, entry);
    else if (isOfRun(entry)) {
      const run = begin(entry);
      runs.push(run);
      note(run, entry);
    }
  }
  return runs;
}

/** systemd also speaks of a unit that does not run, such as when it reads its file. */
function isOfRun(entry: JournalEntry): boolean {
  return entry.invocation !== undefined || entry.messageId === messageId.startFailed;
}

function belongs(entry: JournalEntry, run: Run): boolean {
  if (bootOf(entry) !== run.boot) return false;
  return entry.invocation === undefined || entry.invocation === run.invocation;
}

function begin(entry: JournalEntry): Run {
  return {
    invocation: entry.invocation ?? null,
    boot: bootOf(entry),
    began: entry.time,
    started: null,
    ended: null,
    exit: null,
    controlExit: null,
    result: null,
    skipped: false,
    job: null,
    askedTo: null,
    spawn: null,
    sent: null,
    outOfMemory: false,
    restart: false,
    refused: null,
    notes: [],
  };
}

function note(run: Run, entry: JournalEntry): void {
  const { time, fields, message } = entry;
  switch (entry.messageId) {
    case messageId.started:
      run.started = time;
      break;
    case messageId.stopping:
      run.askedTo = fields["JOB_TYPE"] ?? "stop";
      break;
    case messageId.processExit:
      noteExit(run, entry);
      break;
    case messageId.failureResult:
      // A second verdict on the same run is about a start that was refused.
      if (run.restart || fields["UNIT_RESULT"] === "start-limit-hit") run.refused = time;
      else run.result = fields["UNIT_RESULT"] ?? "";
      run.ended ??= time;
      break;
    case messageId.startFailed:
      run.job = fields["JOB_RESULT"] ?? "failed";
      run.ended ??= time;
      break;
    case messageId.skipped:
      run.skipped = true;
      run.ended ??= time;
      break;
    case messageId.success:
    case messageId.stopped:
      run.ended ??= time;
      break;
    case messageId.spawnFailed:
      run.spawn ??= message;
      break;
    case messageId.outOfMemory:
      run.outOfMemory = true;
      break;
    case messageId.restartScheduled:
      run.restart = true;
      break;
    case undefined:
      // The first words are the nearest to the cause: later ones name the program whatever was missing.
      if (entry.from === "unit") run.spawn ??= message;
      else noteText(run, message, time);
  }
}

function noteExit(run: Run, { time, fields, message }: JournalEntry): void {
  const code = fields["EXIT_CODE"] as Ending["code"];
  const exit = { code, status: Number(fields["EXIT_STATUS"]) };
  if (/: Main process exited/.test(message)) {
    run.exit = exit;
    run.ended ??= time;
  } else if (exit.code !== "exited" || exit.status !== 0) run.controlExit = exit;
}

/** Some facts systemd tells only in English; without them a run still has its result. */
function noteText(run: Run, message: string, time: number): void {
  const text = message.replace(/^[^ ]+\.service: /, "");
  if (text.startsWith("Start request repeated too quickly")) run.refused = time;
  const sent = /^Sent signal (SIG\w+) to .* on client request/.exec(text);
  if (sent) run.sent = sent[1]!;
  if (!/^(Consumed |Scheduled restart|Sent signal|Start request)/.test(text)) run.notes.push(text);
}

/** Part of the cursor (sd_journal_get_cursor(3) calls it opaque; its parts have not changed since systemd 38). */
function bootOf({ cursor }: JournalEntry): string {
  return /;b=([0-9a-f]{32})/.exec(cursor)?.[1] ?? "";
}
