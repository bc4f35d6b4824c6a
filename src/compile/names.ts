import { unitName, type UnitName } from "../value/unit-name.ts";

/** Service "bot" of "polybot" is polybot-bot.service; a service named like its application is just app.service. */
export function serviceUnit(app: string, service: string): UnitName {
  return unitName(service === app ? `${app}.service` : `${app}-${service}.service`);
}

/** The timer of a job has the name of its service. */
export function timerUnit(app: string, job: string): UnitName {
  return unitName(serviceUnit(app, job).replace(/\.service$/, ".timer"));
}

/** A dash in a slice name nests it (systemd.slice(5)), so dashes of the application become underscores, which no application name has. */
export function sliceUnit(app: string): UnitName {
  return unitName(`${app.replaceAll("-", "_")}.slice`);
}

/** Template that systemd starts when a service has given up; the instance is the unit's name without its suffix. */
export function giveUpTemplate(app: string): UnitName {
  return unitName(`${app}-give-up@.service`);
}

export function giveUpUnit(app: string, service: string): UnitName {
  return unitName(`${app}-give-up@${serviceUnit(app, service).replace(/\.service$/, "")}.service`);
}

/** The pair that notices missed runs. No job or service may have this name. */
export function expectService(app: string): UnitName {
  return unitName(`${app}-expect.service`);
}

export function expectTimer(app: string): UnitName {
  return unitName(`${app}-expect.timer`);
}

/** The application's own journal; user services have none (they end with 226/NAMESPACE). */
export function logNamespace(app: string): string {
  return app;
}
