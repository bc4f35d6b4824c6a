import type { Spec } from "../spec/spec.ts";
import { unitName, type UnitName } from "../value/unit-name.ts";

/** Service "bot" of "polybot" is polybot-bot.service; a service named like its application is just app.service. */
export function ownUnit(app: string, service: string): UnitName {
  return unitName(service === app ? `${app}.service` : `${app}-${service}.service`);
}

/** The unit of a service or a job: the one that it keeps from before, or one named after the application. */
export function serviceUnit(spec: Pick<Spec, "app" | "services" | "jobs">, name: string): UnitName {
  const kept = (spec.services[name] ?? spec.jobs[name])?.unit;
  return kept === undefined ? ownUnit(spec.app, name) : unitName(kept);
}

/** The timer of a job has the name of its service, unless it keeps one from before. */
export function timerUnit(spec: Pick<Spec, "app" | "services" | "jobs">, job: string): UnitName {
  return unitName(spec.jobs[job]?.timer ?? `${stemOf(serviceUnit(spec, job))}.timer`);
}

function stemOf(unit: UnitName): string {
  return unit.replace(/\.service$/, "");
}

/** A dash in a slice name nests it (systemd.slice(5)), so dashes of the application become underscores, which no application name has. */
export function sliceUnit(app: string): UnitName {
  return unitName(`${app.replaceAll("-", "_")}.slice`);
}

/** Template that systemd starts when a service has given up; the instance is the unit's name without its suffix. */
export function giveUpTemplate(app: string): UnitName {
  return unitName(`${app}-give-up@.service`);
}

export function giveUpUnit(spec: Spec, service: string): UnitName {
  return unitName(`${spec.app}-give-up@${stemOf(serviceUnit(spec, service))}.service`);
}

/** The pair that notices missed runs. No job or service may have this name. */
export function expectService(app: string): UnitName {
  return unitName(`${app}-expect.service`);
}

export function expectTimer(app: string): UnitName {
  return unitName(`${app}-expect.timer`);
}

/** The pair that ends a probation. No job or service may have this name. */
export function probationService(app: string): UnitName {
  return unitName(`${app}-probation.service`);
}

export function probationTimer(app: string): UnitName {
  return unitName(`${app}-probation.timer`);
}

/** The pair that says when a drill is due. No job or service may have this name. */
export function drillService(app: string): UnitName {
  return unitName(`${app}-drill.service`);
}

export function drillTimer(app: string): UnitName {
  return unitName(`${app}-drill.timer`);
}

/** The application's own journal; user services have none (they end with 226/NAMESPACE). */
export function logNamespace(app: string): string {
  return app;
}

/** One for the host (or the user), whatever the number of applications. */
export const agentUnit: UnitName = unitName("holdfast-agent.service");

/** Looks once a minute where no agent runs. No service or job may be named "check". */
export function checkService(app: string): UnitName {
  return unitName(`${app}-check.service`);
}

export function checkTimer(app: string): UnitName {
  return unitName(`${app}-check.timer`);
}

/** Tells people; started by its path unit, or by its timer. No service or job may be named "notify". */
export function notifyService(app: string): UnitName {
  return unitName(`${app}-notify.service`);
}

export function notifyPath(app: string): UnitName {
  return unitName(`${app}-notify.path`);
}

export function notifyTimer(app: string): UnitName {
  return unitName(`${app}-notify.timer`);
}

/** Below the run-time directory, so that systemd makes it for the service's user and takes it away at its end. */
export function beatDirectory(spec: Spec, service: string): string {
  return `holdfast-beat/${stemOf(serviceUnit(spec, service))}`;
}

/** `%t` of a user is not known here: his own holdfast fills it in. */
export function beatFile(scope: "system" | "user", spec: Spec, service: string): string {
  return `${scope === "system" ? "/run" : "%t"}/${beatDirectory(spec, service)}/beat`;
}

/** While this file is there, systemd refuses to start the unit; its text says why. */
export function heldFile(stateDirectory: string, unit: string): string {
  return `${stateDirectory}/held/${unit}`;
}
