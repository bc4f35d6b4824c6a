import type { DesiredService } from "../plan/desired.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { nearest } from "../spec/nearest.ts";
import type { Generation } from "../store/generations.ts";
import type { Session } from "./session.ts";

export type Chosen = { app: string; generation: Generation; service: DesiredService };

/** Applications with a generation in force. */
export function installedApps(session: Session): string[] {
  return session.record()?.changes.apps() ?? [];
}

/** The one application that is meant: named, or the only one there is. One whose first apply was cut short is there too. */
export function chooseApp(session: Session, name: string | undefined): string {
  const unfinished = session.record()?.changes.openApps() ?? [];
  const apps = [...new Set([...installedApps(session), ...unfinished])].toSorted();
  if (name !== undefined && apps.includes(name)) return name;
  if (name === undefined && apps.length === 1) return apps[0]!;
  throw noSuch(name, apps, "application");
}

/** Services, jobs, or both by the names that people use: name, app/name, unit, or the application for all of its. */
export async function choosePrograms(
  session: Session,
  names: readonly string[],
  kind: "services" | "jobs" | "both" = "both",
): Promise<Chosen[]> {
  const installed = await installedPrograms(session);
  const all = installed.filter(
    ({ service }) => kind === "both" || (kind === "jobs") === (service.job !== null),
  );
  if (names.length === 0) return all;
  return names.flatMap((name) => {
    const found = all.filter((chosen) => isMeant(chosen, name));
    const apps = new Set(found.map((chosen) => chosen.app));
    const other = installed.find((chosen) => isMeant(chosen, name));
    if (found.length === 0 && other) throw wrongKind(name, other);
    if (found.length === 0)
      throw noSuch(
        name,
        [...new Set(all.flatMap(({ app, service }) => [app, service.name, service.unit]))],
        "service",
        all.map(({ app, service }) => `${app}/${service.name}`),
      );
    if (apps.size > 1) {
      throw new HoldfastError(
        {
          severity: "error",
          code: "usage/ambiguous",
          summary: `Cannot tell which "${name}" is meant: ${[...apps].join(" and ")} have one`,
          fix: `${[...apps][0]}/${name}`,
        },
        exitCode.usage,
      );
    }
    return found;
  });
}

/** The long-running ones alone; what is started, stopped and restarted. */
export function chooseServices(session: Session, names: readonly string[]): Promise<Chosen[]> {
  return choosePrograms(session, names, "services");
}

function wrongKind(name: string, { app, service }: Chosen): HoldfastError {
  const job = service.job !== null;
  return new HoldfastError(
    {
      severity: "error",
      code: "usage/wrong-kind",
      summary: `Cannot do this with "${name}": it is a ${job ? "job" : "service"} of "${app}"`,
      fix: job ? `holdfast run ${name}, holdfast pause ${name}` : `holdfast restart ${name}`,
    },
    exitCode.usage,
  );
}

export async function installedPrograms(session: Session): Promise<Chosen[]> {
  const lists = await Promise.all(
    installedApps(session).map(async (app) => {
      const generation = (await session.currentGeneration(app))!;
      return generation.desired.services.map((service): Chosen => ({ app, generation, service }));
    }),
  );
  return lists.flat();
}

function isMeant({ app, service }: Chosen, name: string): boolean {
  return (
    name === app ||
    name === service.name ||
    name === `${app}/${service.name}` ||
    name === service.unit ||
    `${name}.service` === service.unit
  );
}

function noSuch(
  name: string | undefined,
  known: readonly string[],
  what: string,
  alsoUnder: readonly string[] = [],
): HoldfastError {
  if (known.length === 0) {
    return new HoldfastError({
      severity: "error",
      code: "usage/nothing-installed",
      summary: "Holdfast has nothing installed here that this account may see",
      fix: "apply a spec first: sudo holdfast apply; or look as root: sudo",
    });
  }
  if (name === undefined) {
    return new HoldfastError(
      {
        severity: "error",
        code: "usage/which",
        summary: `Cannot tell which ${what} is meant: ${known.join(", ")}`,
        fix: `name one, such as ${known[0]}`,
      },
      exitCode.usage,
    );
  }
  const near = nearest(name, [...known, ...alsoUnder]);
  return new HoldfastError(
    {
      severity: "error",
      code: "usage/unknown-name",
      summary: `Cannot find "${name}" among what is installed: ${known.join(", ")}`,
      ...(near ? { fix: near } : {}),
    },
    exitCode.usage,
  );
}
