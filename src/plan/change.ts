import type { Artifact } from "../compile/artifact.ts";
import type { DesiredService } from "./desired.ts";
import { diffDirectives, effectOf } from "./effect.ts";
import type { ForeignUnit } from "./foreign-unit.ts";
import { isRunning, type HostState, type UnitState } from "./host-state.ts";
import type { Effect, FileChange } from "./plan.ts";
import type { DirectiveChange } from "./directive-change.ts";

/** What an operator decided by hand about a unit. It holds until he decides otherwise. */
export type Intent = { stopped: boolean; boot: boolean | null; who: string; why: string | null; at: string };

/** Compares one file of the new generation with the host, and says what the difference does. */
export function changeOf(
  artifact: Artifact,
  before: Artifact | undefined,
  service: DesiredService | undefined,
  state: HostState,
  intents: ReadonlyMap<string, Intent>,
  /** Set when the change takes the unit over. */
  foreign?: ForeignUnit,
): FileChange {
  const standing = state.files[artifact.path]!;
  const same = standing.content === artifact.text && standing.mode === artifact.mode;
  const action = standing.content === null ? "add" : same ? "keep" : "change";
  // A file that was edited by hand is compared as unknown: the edit may have taken effect already.
  const known = foreign ? foreign.changes !== null : before !== undefined && before.text === standing.content;
  const directives = foreign
    ? (foreign.changes ?? [])
    : action === "change" && known
      ? diffDirectives(before!.directives, artifact.directives)
      : [];
  const unit = service && state.units[service.unit];
  const intent = service && intents.get(service.unit);
  const ofFile = effectOnRunning(action, known, directives, service, unit, intent);
  // A running program keeps the credentials and variables that it was started with.
  const start = service && isRunning(unit?.active) ? becauseOfItsStart(service, state) : null;
  // A job that is running goes on as it began; the change is for its next run.
  const effect = service?.job ? "none" : start === null ? ofFile : "restart";
  return {
    action,
    path: artifact.path,
    ...(artifact.unit ? { unit: artifact.unit } : {}),
    directives,
    effect,
    consequence: `${describeEffect(effect, artifact, service, unit, intent) || (foreign && isRunning(unit?.active) ? "runs on, nothing effective changes" : "")}${start === null ? "" : `: ${start}`}`,
    ...(foreign
      ? {
          takesOver: foreign.files.map(({ path }) => path),
          ...(known && directives.length === 0 ? { asItWas: true as const } : {}),
          ...(foreign.hides === null ? {} : { hides: foreign.hides }),
        }
      : {}),
  };
}

/** Why a running service has to be given its secrets and variables again; null when it need not. */
export function becauseOfItsStart(service: DesiredService, state: HostState): string | null {
  const old = state.outdated[service.unit];
  const copied = service.secrets.filter(
    ({ encrypted }) => encrypted !== null && state.credentials[encrypted]?.state !== "current",
  );
  const secrets = [...new Set([...copied.map(({ id }) => id), ...(old?.secrets ?? [])])];
  const variables = old?.variables ?? [];
  const reasons = [
    ...(secrets.length === 0 ? [] : [`its secret${have(secrets)} changed`]),
    ...(variables.length === 0
      ? []
      : [`its variable${have(variables)} changed in ${service.envFiles.join(", ")}`]),
  ];
  return reasons.length === 0 ? null : reasons.join(", ");
}

function have(names: readonly string[]): string {
  return names.length === 1 ? ` ${names[0]} has` : `s ${names.join(", ")} have`;
}

function effectOnRunning(
  action: FileChange["action"],
  known: boolean,
  directives: readonly DirectiveChange[],
  service: DesiredService | undefined,
  unit: UnitState | undefined,
  intent: Intent | undefined,
): Effect {
  if (!service) return "none";
  if (!isRunning(unit?.active)) return service.start && !intent?.stopped ? "start" : "none";
  if (action === "keep") return "none";
  // An added file under a running unit, or one edited by hand: what runs may not be what was written.
  return known ? effectOf(directives) : "restart";
}

function describeEffect(
  effect: Effect,
  artifact: Artifact,
  service: DesiredService | undefined,
  unit: UnitState | undefined,
  intent: Intent | undefined,
): string {
  if (artifact.kind === "journald") return "limits of the application's own journal";
  if (artifact.kind === "sysusers") return "the service account";
  if (artifact.kind === "apparmor") return "what the program may do, in force at once";
  if (artifact.kind === "tmpfiles") return "directories the services write to";
  if (artifact.kind === "watch") return "what is watched, from now on";
  if (artifact.shared) return "the agent, one for this host";
  if (!service) return "";
  if (service.job) return "from its next run on";
  switch (effect) {
    case "live":
      return "live, without a restart";
    case "reload":
      return "systemd reloads, the service runs on";
    case "restart":
      return `restart, about ${expectedDowntime(service)} down`;
    case "start":
      return consequenceOfStart(unit);
    case "stop":
      return "stops it";
    case "none":
      if (intent?.stopped && !isRunning(unit?.active))
        return `stays stopped: ${intent.who} stopped it at ${intent.at}${intent.why ? ` (${intent.why})` : ""}`;
      return isRunning(unit?.active) ? "" : "not started: start is false";
  }
}

/** A guess for people, not a promise: a polite stop, and the time until ready where only staying up counts. */
function expectedDowntime(service: DesiredService): string {
  return service.gate.kind === "stays-up" ? "1 s" : "2 s";
}

export function consequenceOfStart(unit: UnitState | undefined): string {
  return unit?.active === "failed" ? "starts it: it has failed" : "starts it";
}
