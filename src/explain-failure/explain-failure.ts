import { numberOf, textOf } from "../host/properties.ts";
import { describeDuration } from "../value/duration.ts";
import { signalName, type Explanation } from "../value/exit-status.ts";
import { printable } from "../value/printable.ts";
import { describeSize } from "../value/size.ts";
import { explainEnding, tellExit } from "./explain-ending.ts";
import { exitCodeName, exitCodes } from "./exit-codes.ts";
import type { FailureFacts } from "./failure-facts.ts";
import { explainDeniedCall } from "./explain-denied-call.ts";
import { explainTimeout } from "./explain-timeout.ts";
import { inVoice } from "./voice.ts";

/** Why a unit failed, in one sentence that names the culprit where it was found, and what to do. Pure. */
export function explainFailure(facts: FailureFacts): Explanation {
  const said = explainCause(facts);
  if (textOf(facts.properties, "Result") !== "start-limit-hit") return said;
  const limit = explainStartLimit(facts);
  const same = said.sentence === explainEnding({ result: "start-limit-hit", code: "", status: 0 }).sentence;
  return same
    ? limit
    : { sentence: `${limit.sentence}; the last time ${said.sentence}`, fix: said.fix ?? limit.fix };
}

/** The same of the run alone: not that systemd gave up after it. */
export function explainCause(facts: FailureFacts): Explanation {
  const { command, properties, voice } = facts;
  const { ending, directive } = command;
  const general = explainEnding(ending, voice);
  if (directive !== "ExecStart" && ending.status !== 0) return explainOtherCommand(facts);
  switch (ending.result) {
    case "timeout":
      return explainTimeout(properties, voice);
    case "oom-kill":
      return { sentence: outOfMemoryWords(properties), fix: general.fix };
    case "watchdog":
      return { sentence: watchdogWords(facts), fix: general.fix };
    case "protocol":
      return explainProtocol(facts, general);
    case "start-limit-hit":
    case "exec-condition":
      return general;
  }
  if (ending.code === "killed" || ending.code === "dumped") return explainSignal(facts, general);
  return withCulprit(facts, general);
}

/** "203/EXEC: /opt/x does not exist" instead of the list of what it may be; without a culprit, what systemd says. */
function withCulprit({ command, culprits, said }: FailureFacts, general: Explanation): Explanation {
  const { code, status } = command.ending;
  const name = code === "exited" ? exitCodeName(status) : null;
  const prefix = name === null ? "" : `${name}: `;
  const [first, second] = culprits;
  if (first) {
    const sentence = `${prefix}${[first, second].flatMap((one) => one?.what ?? []).join("; ")}`;
    return {
      sentence: code === "" ? `systemd could not prepare it: ${first.what}` : sentence,
      fix: first.fix,
    };
  }
  if (said === null) return general;
  const brief =
    name === null ? "systemd could not prepare it" : `${prefix}${exitCodes[status]!.sentence.split(";")[0]}`;
  return { sentence: `${brief}; systemd says: ${said}`, fix: general.fix };
}

/** A command around the main process: its condition, its checks before the start, what runs after it. */
function explainOtherCommand(facts: FailureFacts): Explanation {
  const { directive, argv, ending } = facts.command;
  const { voice } = facts;
  // The form in which needs-files is compiled.
  const file = argv[0] === "/usr/bin/test" && argv[1] === "-r" ? argv[2] : undefined;
  if (directive === "ExecStartPre" && file !== undefined) {
    // It was the first command of the start, and systemd did not come so far as to run it.
    if (ending.code === "exited" && exitCodes[ending.status])
      return withCulprit(facts, inVoice(tellExit(ending.status), voice));
    return {
      sentence: `it needs ${printable(file)}, which is missing, or which its account may not read`,
      fix: `ls -l ${printable(file)}`,
    };
  }
  const line = printable(argv.join(" "));
  const subject = {
    ExecCondition: "the condition of its start refused",
    ExecStartPre: "the check before its start refused",
    ExecStartPost: "the command after its start failed",
    ExecStop: "the command that stops it failed",
    ExecStopPost: "the command after its end failed",
  }[directive];
  if (ending.code === "exited" && exitCodes[ending.status]) {
    const { sentence, fix } = withCulprit(facts, inVoice(tellExit(ending.status), voice));
    return { sentence: `${subject}: ${line}: ${sentence}`, fix };
  }
  const how =
    ending.code === "exited"
      ? `ended with exit code ${ending.status}`
      : `was killed with ${signalName(ending.status)}`;
  if (textOf(facts.properties, "Result") === "timeout")
    return {
      sentence: `${subject}: ${line} took longer than the time to start (${startSpan(facts)})`,
      fix:
        voice === "spec"
          ? "see what it waits for; raise ready.within"
          : "see what it waits for; raise TimeoutStartSec=",
    };
  return { sentence: `${subject}: ${line} ${how}`, fix: "mend what it says" };
}

function startSpan({ properties }: FailureFacts): string {
  return `TimeoutStartSec=${describeDuration(numberOf(properties, "TimeoutStartUSec") / 1000)}`;
}

function explainSignal(facts: FailureFacts, general: Explanation): Explanation {
  const { command, properties, voice } = facts;
  const { status, code } = command.ending;
  if (status === 31) return explainDeniedCall(facts);
  if (status !== 5) return general;
  const dump = code === "dumped" ? " (core dumped)" : "";
  return properties["MemoryDenyWriteExecute"] === true
    ? {
        sentence: `it was killed with SIGTRAP${dump}: MemoryDenyWriteExecute=yes forbids to write machine code, which V8 and other just-in-time compilers do`,
        fix:
          voice === "spec"
            ? "hardening: { allow: [write-and-execute-memory] }"
            : "remove MemoryDenyWriteExecute=yes",
      }
    : {
        sentence: `it was killed with SIGTRAP${dump}: it hit a trap of its own; MemoryDenyWriteExecute= is not set, so it is not that`,
        fix: "see the last lines of its log",
      };
}

/** "it needed more memory than its limit (MemoryMax=40M), and the kernel killed it" */
export function outOfMemoryWords(properties: FailureFacts["properties"]): string {
  const max = numberOf(properties, "MemoryMax");
  const limit = max > 0 && max < 2 ** 60 ? ` (MemoryMax=${describeSize(max)})` : "";
  return `it needed more memory than its limit${limit}, and the kernel killed it`;
}

function watchdogWords({ properties }: FailureFacts): string {
  const micros = numberOf(properties, "WatchdogUSec");
  const span = micros === 0 || micros > 2 ** 60 ? "" : ` (WatchdogSec=${describeDuration(micros / 1000)})`;
  return `it did not report in time${span} and was killed by the watchdog`;
}

function explainProtocol({ properties, said, voice }: FailureFacts, general: Explanation): Explanation {
  if (textOf(properties, "Type") === "notify") return general;
  if (textOf(properties, "Type") === "dbus")
    return {
      sentence: `it ended before it took its name on D-Bus (BusName=${textOf(properties, "BusName")})`,
      fix: "see the last lines of its log; check BusName=",
    };
  const pidFile = textOf(properties, "PIDFile");
  const what = pidFile === "" ? "" : `: it did not write its process id to ${pidFile} (PIDFile=)`;
  const because = what === "" && said !== null ? `; systemd says: ${said}` : "";
  return {
    sentence: `it went into the background, and systemd could not tell which process is the service${what}${because}`,
    fix:
      voice === "spec"
        ? "run it in the foreground: most programs have an option for that"
        : "run it in the foreground (most programs have an option for that) with Type=exec, or correct PIDFile=",
  };
}

function explainStartLimit({ properties, voice }: FailureFacts): Explanation {
  const window = describeDuration(numberOf(properties, "StartLimitIntervalUSec") / 1000);
  const { fix } = explainEnding({ result: "start-limit-hit", code: "", status: 0 }, voice);
  return {
    sentence: `systemd gave up: more than ${numberOf(properties, "StartLimitBurst")} starts within ${window}`,
    fix,
  };
}
