import { endingOf, numberOf, textOf } from "../../host/properties.ts";
import type { Properties } from "../../host/host.ts";
import { conditionCommand, failedPrecondition } from "../../explain-failure/failed-command.ts";
import { explainUnit } from "../../explain-failure/unit-ending.ts";
import { describeDuration } from "../../value/duration.ts";
import { outOfMemoryWords } from "../../explain-failure/explain-failure.ts";
import { explainEnding } from "../../explain-failure/explain-ending.ts";
import { signalName, type Ending, type Explanation } from "../../value/exit-status.ts";
import { printable } from "../../value/printable.ts";
import type { Deed, End, Evidence, Reason } from "./diagnosis.ts";
import { isGroupOf, type KernelKill } from "./kernel-kills.ts";
import type { Run } from "./runs.ts";

type Told = { reason: Reason; words: string; fix: string | null };

const seconds = 1e6;
const killWindow = 10 * seconds;

/** Every end in order, and every refused start; a kernel's kill explains one end at most. */
export function endsOf(runs: readonly Run[], evidence: Evidence): End[] {
  const kills = evidence.kernel.kills.filter(({ group }) => isGroupOf(group, evidence.unit));
  const left = new Set(kills);
  return runs.flatMap((run, index) => {
    const ends: End[] = [];
    const next = runs[index + 1];
    const lost = run.ended === null && next !== undefined;
    if (run.ended !== null || lost) {
      const kill = run.ended === null ? undefined : nearest(left, run.ended);
      const told = run.ended === null ? tellLost(run, next!) : tellEnd(run, next, kill, evidence);
      if (kill && told.reason === "oom") left.delete(kill);
      ends.push(endAt(run.ended ?? next!.began, run, lost ? null : ranMillis(run, evidence), told));
    }
    if (run.refused !== null) ends.push(endAt(run.refused, run, null, tellRefused(evidence.properties)));
    return ends;
  });
}

function endAt(time: number, { invocation }: Run, ran: number | null, told: Told): End {
  return { at: new Date(time / 1000).toISOString(), ranMillis: ran, ...told, invocation };
}

/** A job counts as started when its work is done. */
function ranMillis({ began, started, ended }: Run, { job }: Evidence): number | null {
  const from = job ? began : started;
  return from === null || ended === null ? null : Math.max(0, ended - from) / 1000;
}

function tellEnd(run: Run, next: Run | undefined, kill: KernelKill | undefined, evidence: Evidence): Told {
  const ending = endingOfRun(run);
  const looked = lookedAt(run, next, ending, evidence);
  const byBook = looked ?? explainEnding(ending);
  const told = (reason: Reason, words = byBook.sentence, fix = byBook.fix): Told => ({ reason, words, fix });
  if (run.spawn !== null && run.spawn !== "")
    return told("could-not-start", looked?.sentence ?? describeSpawn(run.spawn));
  if (run.job === "dependency")
    return told(
      "dependency",
      "something that it requires could not be started",
      "systemctl list-dependencies --all",
    );
  if (run.skipped) return tellSkipped(next, evidence);
  if (run.result === "watchdog") return told("watchdog");
  if (run.result === "oom-kill" || run.outOfMemory) return tellOutOfMemory(kill, evidence);
  if (run.result === "timeout") return tellTimeout(run, byBook.fix, looked);
  if (run.askedTo !== null && next === undefined && afterwards.has(evidence.failure?.directive ?? ""))
    return told("other", evidence.failure!.explanation.sentence, evidence.failure!.explanation.fix);
  if (run.askedTo !== null) return tellAsked(run, next, evidence);
  if (ending.code === "killed" && ending.status === 9) return tellKilled(run, kill, evidence);
  if (ending.code === "killed" || ending.code === "dumped") return told("signal");
  if (run.result === "resources" && ending.code === "")
    return told("could-not-start", looked?.sentence ?? lastNote(run) ?? byBook.sentence);
  if (run.result === "protocol") return told("not-ready");
  if (run.exit === null && run.controlExit !== null && run.started === null)
    return tellPrecondition(run, next, evidence);
  if (ending.code === "exited")
    return told(ending.status >= 200 && ending.status < 244 ? "could-not-start" : "exit-code");
  if (run.result !== null) return told("other");
  return tellCleanEnd(run, next, evidence);
}

/** Commands that run when it is to end: it was asked to, and did not end well for their sake. */
const afterwards: ReadonlySet<string> = new Set(["ExecStop", "ExecStopPost"]);

/** Of a unit that Holdfast did not write, it is no gate of a job. */
function tellSkipped(next: Run | undefined, { app, service, properties }: Evidence): Told {
  if (app !== "")
    return {
      reason: "skipped",
      words: "its gate did not let it run",
      fix: `see why: holdfast runs ${service}`,
    };
  // systemd forgets how the command ended, when nothing else holds the unit in memory.
  const refused = next === undefined ? failedPrecondition(properties) : null;
  const how = refused === null ? "" : `, ended with exit code ${refused.ending.status}`;
  const command = (refused?.argv ?? conditionCommand(properties)).join(" ");
  return {
    reason: "skipped",
    words: printable(
      `its condition (ExecCondition=${command}${how}) kept it from starting, which is no failure`,
    ),
    fix: "see what ExecCondition= tests",
  };
}

function endingOfRun(run: Run): Ending {
  return { result: run.result ?? "success", code: run.exit?.code ?? "", status: run.exit?.status ?? 0 };
}

/** What the host showed of the latest run holds for those before it that ended in the same way, too. */
function lookedAt(
  run: Run,
  next: Run | undefined,
  { result, code, status }: Ending,
  { failure }: Evidence,
): Explanation | null {
  if (failure === null) return null;
  const { ending } = failure;
  const same = ending.code === code && ending.status === status && ending.result === result;
  // How a command around the main process ended is in another place of the journal.
  return same || (next === undefined && run.exit === null) ? failure.explanation : null;
}

function tellOutOfMemory(kill: KernelKill | undefined, { unit, properties }: Evidence): Told {
  if (kill && kill.limitOf === null)
    return {
      reason: "oom",
      words: `the whole machine was out of memory, and the kernel chose ${printable(kill.process)} of this service`,
      fix: "see what else uses the memory, and limit that; or give the machine more",
    };
  if (kill && !isGroupOf(kill.limitOf!, unit))
    return {
      reason: "oom",
      words: `the limit of a group above it (${printable(kill.limitOf!)}) was reached, and the kernel killed ${printable(kill.process)}`,
      fix: "raise the limit of that slice",
    };
  return {
    reason: "oom",
    words: outOfMemoryWords(properties),
    fix: "raise limits.memory, or look for a leak",
  };
}

function tellTimeout(run: Run, fix: string | null, looked: Explanation | null): Told {
  if (run.askedTo !== null)
    return {
      reason: "stop-timeout",
      words: looked?.sentence ?? "it did not end in time when it was asked to stop, and was killed",
      fix: looked?.fix ?? "raise stop.timeout, or see what it was waiting for",
    };
  if (run.started === null)
    return {
      reason: "start-timeout",
      words: looked?.sentence ?? "it was not ready in time, and was stopped",
      fix: looked?.fix ?? "raise ready.within, or see what it was waiting for",
    };
  return {
    reason: "timeout",
    words: looked?.sentence ?? lastNote(run) ?? "it took longer than a time-out",
    fix,
  };
}

/** A stop that somebody wanted: by whom, where Holdfast knows; or the machine going down. */
function tellAsked(run: Run, next: Run | undefined, { closings, deeds, unit }: Evidence): Told {
  const ended = run.ended!;
  const shutdown = closings.some((time) => time >= ended - seconds && time - ended < 180 * seconds);
  if (shutdown && next?.boot !== run.boot)
    return { reason: "shutdown", words: "the machine was shut down or restarted", fix: null };
  const deed = deedAt(deeds, unit, ended);
  const what = run.askedTo === "restart" ? "restarted" : "stopped";
  return {
    reason: "stopped",
    words: deed
      ? `${what} on purpose: ${deed.what} by ${deed.who}`
      : `${what} on purpose, by a request to systemd`,
    fix: null,
  };
}

function deedAt(deeds: readonly Deed[], unit: string, time: number): Deed | undefined {
  const fitting = deeds.filter(
    (deed) => deed.from <= time && time <= deed.to && (deed.unit === null || deed.unit === unit),
  );
  // The last one before it: what was done a minute earlier had its own effect.
  return fitting.toSorted((a, b) => b.from - a.from)[0];
}

/** SIGKILL has many senders; only the kernel and systemd say so when it was them. */
function tellKilled(run: Run, kill: KernelKill | undefined, evidence: Evidence): Told {
  if (run.sent === "SIGKILL")
    return {
      reason: "signal",
      words: "somebody killed it through systemd (systemctl kill, SIGKILL)",
      fix: null,
    };
  if (kill) return tellOutOfMemory(kill, evidence);
  const { from } = evidence.kernel;
  if (from === null || run.ended! < from)
    return {
      reason: "killed",
      words:
        "it was killed with SIGKILL; whether for lack of memory or by hand could not be told, because the kernel's messages of that time cannot be read here",
      fix: "run it as root; if memory use comes near limits.memory, raise that",
    };
  return {
    reason: "signal",
    words:
      "it was killed with SIGKILL by somebody or something on this machine: not by the kernel for lack of memory, and not by systemd",
    fix: null,
  };
}

/** Which command it was, systemd knows of the latest start only. */
function tellPrecondition(run: Run, next: Run | undefined, { properties, failure }: Evidence): Told {
  if (next === undefined && (failure !== null || failedPrecondition(properties))) {
    const { sentence, fix } = failure?.explanation ?? explainUnit(properties);
    return { reason: "precondition", words: printable(sentence), fix };
  }
  const { code, status } = run.controlExit!;
  const how = code === "exited" ? `exit code ${status}` : signalName(status);
  return {
    reason: "precondition",
    words: `a check before the start failed (${how}), so the program was not run`,
    fix: "see before-start and needs-files, and the last lines of its log",
  };
}

/** systemd says nothing about an exit that counts as clean. With Restart=on-failure it restarts only those that are signals. */
function tellCleanEnd(run: Run, next: Run | undefined, { job, properties }: Evidence): Told {
  const { code, status } = endingOf(properties);
  // systemd remembers the exit of the latest run only.
  const signal = run.sent ?? (next === undefined && code === "killed" ? signalName(status) : null);
  if (signal !== null || (run.restart && textOf(properties, "Restart") === "on-failure"))
    return {
      reason: "signal",
      words: `it was ended by a signal from outside (${signal ?? "SIGTERM, SIGINT, SIGHUP or SIGPIPE"}) that nobody announced to systemd`,
      fix: null,
    };
  if (job) return { reason: "finished", words: "it finished", fix: null };
  return {
    reason: "clean-exit",
    words: "it ended by itself, without an error",
    fix: "a service should run on; to start it again each time: restart: { on: always }",
  };
}

/** No end was recorded, and a later run was: the machine or the journal went down first. */
function tellLost(run: Run, next: Run): Told {
  return run.boot === next.boot
    ? { reason: "other", words: "how it ended is not in the journal", fix: null }
    : {
        reason: "host-down",
        words: "the machine went down without stopping it: a power cut, a crash or a reset",
        fix: null,
      };
}

function tellRefused(properties: Properties): Told {
  const window = describeDuration(numberOf(properties, "StartLimitIntervalUSec") / 1000);
  return {
    reason: "start-limit",
    words: `systemd gave up: more than ${numberOf(properties, "StartLimitBurst")} starts within ${window}`,
    fix: "mend the cause, then: holdfast reset",
  };
}

/** "x.service: Failed at step EXEC spawning /opt/x: No such file or directory" without the unit. */
function describeSpawn(message: string): string {
  return printable(message.replace(/^[^ ]+\.service: /, ""));
}

function lastNote(run: Run): string | undefined {
  // The first of them is the nearest to the cause.
  return run.notes[0] === undefined ? undefined : printable(run.notes[0]);
}

function nearest(kills: ReadonlySet<KernelKill>, time: number): KernelKill | undefined {
  const near = [...kills].filter((kill) => Math.abs(kill.time - time) <= killWindow);
  return near.toSorted((a, b) => Math.abs(a.time - time) - Math.abs(b.time - time))[0];
}
