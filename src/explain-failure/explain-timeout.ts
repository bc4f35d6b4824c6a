import type { Properties } from "../host/host.ts";
import { numberOf, textOf } from "../host/properties.ts";
import { describeDuration } from "../value/duration.ts";
import type { Explanation } from "../value/exit-status.ts";
import type { Voice } from "./voice.ts";

/** systemd has one word for three time-outs; its time stamps tell whether it was to start, to run, or to stop. */
export function explainTimeout(properties: Properties, voice: Voice): Explanation {
  const at = (event: string): number => numberOf(properties, `${event}TimestampMonotonic`);
  const began = at("InactiveExit");
  const up = at("ActiveEnter");
  const wasUp = up > 0 && up >= began;
  if (!wasUp) return tooLongToStart(properties, voice);
  const most = numberOf(properties, "RuntimeMaxUSec");
  if (isLimit(most) && at("ActiveExit") - up >= most)
    return {
      sentence: `it ran longer than it may (RuntimeMaxSec=${span(most)}), and was stopped`,
      fix: "raise RuntimeMaxSec=; a service that is to run for ever has none",
    };
  return {
    sentence: `it did not end within ${span(numberOf(properties, "TimeoutStopUSec"))} when it was asked to stop (TimeoutStopSec=), and was killed`,
    fix:
      voice === "spec"
        ? "raise stop.timeout, or see what it was waiting for"
        : "raise TimeoutStopSec=, or see what it was waiting for; a program that ignores SIGTERM needs KillSignal=",
  };
}

function tooLongToStart(properties: Properties, voice: Voice): Explanation {
  const within = `within ${span(numberOf(properties, "TimeoutStartUSec"))} (TimeoutStartSec=)`;
  const raise = voice === "spec" ? "raise ready.within" : "raise TimeoutStartSec=";
  switch (textOf(properties, "Type")) {
    case "oneshot":
      return {
        sentence: `its work was not done ${within}, and it was stopped`,
        fix:
          voice === "spec"
            ? "raise timeout, or see what it was waiting for"
            : `${raise}, or see what it was waiting for`,
      };
    case "notify":
    case "notify-reload":
      return {
        sentence: `it did not say that it is ready (sd_notify READY=1) ${within}, and was stopped`,
        fix:
          voice === "spec"
            ? "a program that never says it needs another ready:, such as ready: { http: URL }; otherwise raise ready.within"
            : `a program that never says it needs Type=exec; one that says it through systemd-notify needs NotifyAccess=all; otherwise ${raise}`,
      };
    case "forking":
      return {
        sentence: `it did not go into the background ${within}, as Type=forking needs, and was stopped`,
        fix: "a program that stays in the foreground needs Type=exec",
      };
    case "dbus":
      return {
        sentence: `it did not take its name on D-Bus (BusName=${textOf(properties, "BusName")}) ${within}, and was stopped`,
        fix: "check BusName=, and that the policy of the bus lets its account own it",
      };
    default:
      return {
        sentence: `it was not started ${within}, and was stopped`,
        fix: `see what it was waiting for; ${raise}`,
      };
  }
}

function isLimit(micros: number): boolean {
  return micros > 0 && micros < 2 ** 60;
}

function span(micros: number): string {
  return describeDuration(micros / 1000);
}
