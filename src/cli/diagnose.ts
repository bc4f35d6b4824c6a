import { deedsOf } from "../observe/diagnose/deeds.ts";
import type { Diagnosis } from "../observe/diagnose/diagnosis.ts";
import { diagnose } from "../observe/diagnose/diagnose.ts";
import {
  readEvidence,
  readSurroundings,
  type Recorded,
  type Surroundings,
} from "../observe/diagnose/read-evidence.ts";
import { readSeen } from "../observe/diagnose/watched.ts";
import type { WatchedEvidence } from "../observe/diagnose/watched-evidence.ts";
import { readMoment } from "../observe/logs/moment.ts";
import type { Host } from "../host/host.ts";
import { diagnoseForeign } from "../observe/diagnose/read-foreign.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { unitName, type UnitName } from "../value/unit-name.ts";
import { choosePrograms, installedPrograms, type Chosen } from "./choose.ts";
import { describeDiagnosis } from "./describe-diagnosis.ts";
import { logLineValue } from "./describe-log-line.ts";
import { readCount } from "./logs.ts";
import type { Session } from "./session.ts";
import { readStatusHealth } from "./status-health.ts";

export type DiagnoseOptions = { since?: string; lines: string };

/** holdfast diagnose: for a person at three in the morning, all that is known about a service that is not well. */
export async function runDiagnose(
  session: Session,
  names: readonly string[],
  options: DiagnoseOptions,
): Promise<number> {
  const host = await session.host();
  const foreign = await foreignUnits(session, names);
  const ours = names.filter((name) => !foreign.some((unit) => unit === name));
  const chosen = foreign.length > 0 && ours.length === 0 ? [] : await choosePrograms(session, ours);
  const now = new Date();
  const lines = readCount(options.lines);
  const around = await readSurroundings(
    host,
    now.getTime() * 1000,
    await readMoment(host, options.since ?? "1d", now),
  );
  const found = await Promise.all([
    ...foreign.map((unit) => diagnoseUnit(host, unit, around, lines)),
    ...chosen.map(async (one) => {
      const recorded = await recordedOf(session, one, around.now);
      return diagnose(await readEvidence(host, one.generation.desired, one.service, recorded, around, lines));
    }),
  ]);
  session.out.result(
    { services: found.map(diagnosisValue) },
    found
      // Of a service that is well and that nobody asked about, the log says nothing here.
      .map((one) =>
        describeDiagnosis(one, {
          style: session.out.style,
          log: names.length > 0 || one.verdict === "trouble",
        }),
      )
      .join("\n\n"),
  );
  return exitCode.done;
}

/** Names in full of units that no application here has: any service of the host can be diagnosed. */
async function foreignUnits(session: Session, names: readonly string[]): Promise<UnitName[]> {
  const full = names.filter((name) => /^[\w:.\\@-]+\.service$/.test(name) && name.length < 256);
  if (full.length === 0) return [];
  const known = new Set<string>((await installedPrograms(session)).map(({ service }) => service.unit));
  return full.filter((name) => !known.has(name)).map(unitName);
}

async function diagnoseUnit(
  host: Host,
  unit: UnitName,
  around: Surroundings,
  lines: number,
): Promise<Diagnosis> {
  const found = await diagnoseForeign(host, unit, around, lines);
  if (found !== null) return found;
  throw new HoldfastError(
    {
      severity: "error",
      code: "usage/unknown-name",
      summary: `Cannot find ${unit}: systemd has no such unit`,
      fix: `systemctl list-units --all '*${unit.slice(0, 4)}*'`,
    },
    exitCode.usage,
  );
}

async function recordedOf(session: Session, chosen: Chosen, now: number): Promise<Recorded> {
  const { app, service } = chosen;
  const record = session.record();
  if (!record) return { intent: null, giveUps: [], deeds: [] };
  const heals = record.watch.heals.since(app, service.name, 0);
  return {
    intent: record.records.intents(app).get(service.unit) ?? null,
    giveUps: record.records.openGiveUps(app).filter((give) => give.unit === service.unit),
    deeds: deedsOf(record.changes.list(app), record.records.auditTrail(app), now, heals),
    watched: service.job === null ? await readWatched(session, chosen) : null,
  };
}

async function readWatched(session: Session, chosen: Chosen): Promise<WatchedEvidence> {
  const { health, breaker, heals } = await readStatusHealth(session, chosen, Date.now());
  return {
    health,
    breaker,
    lastHeal: heals.newest,
    seen: await readSeen(await session.host(), heals.newest),
  };
}

function diagnosisValue(one: Diagnosis): object {
  return { ...one, log: one.log.map(logLineValue) };
}
