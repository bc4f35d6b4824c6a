import type { Intent } from "../plan/change.ts";
import type { DesiredService } from "../plan/desired.ts";
import { HoldfastError, type Diagnostic } from "../report/diagnostic.ts";
import type { Records } from "../store/records.ts";
import { disableService, enableService } from "./boot.ts";
import type { ApplyContext } from "./context.ts";
import { tryRecording } from "./try-recording.ts";
import {
  reloadService,
  resetService,
  restartService,
  startService,
  stopService,
  warnOfTrying,
  type Acted,
} from "./operate.ts";

const acts = {
  start: startService,
  stop: stopService,
  restart: restartService,
  reload: reloadService,
  reset: resetService,
  enable: enableService,
  disable: disableService,
} as const;

/** What people can ask of a service by name. */
export type Verb = keyof typeof acts;

/** Who acts, why, and where it is written down; null when that cannot be written to. */
export type Operator = { who: string; why: string | null; records: Records | null };

export type Operated = {
  app: string;
  service: string;
  unit: string;
  verb: Verb;
  ok: boolean;
  /** A sentence without its subject. */
  says: string;
  diagnostics: readonly Diagnostic[];
};

/**
 * Does for one service after the other what somebody asked for. One that starts after another which did not start is
 * left alone: it would only fail for the other's reason. Stopping goes on whatever happens.
 */
export async function operateAll(
  verb: Verb,
  context: ApplyContext,
  services: readonly DesiredService[],
  operator: Operator,
): Promise<Operated[]> {
  const done: Operated[] = [];
  for (const service of verb === "stop" ? services.toReversed() : services) {
    if (context.signal.aborted) break;
    const obstacle = startsIt(verb)
      ? done.find((other) => !other.ok && service.after.includes(other.service))
      : undefined;
    context.progress.begin(`${verb} ${service.unit}`);
    const operated = obstacle
      ? skipped(verb, context, service, obstacle)
      : await operate(verb, context, service, operator);
    context.progress.end(operated.ok ? "done" : obstacle ? "skipped" : "failed");
    done.push(operated);
  }
  return done;
}

/**
 * Acts, and records who, why and what came of it. His intent holds from before the act. A record that cannot be written,
 * on a full disk, is a warning: the service that fills the disk must be stopped all the same.
 */
async function operate(
  verb: Verb,
  context: ApplyContext,
  service: DesiredService,
  { records, who, why }: Operator,
): Promise<Operated> {
  const app = context.desired!.app;
  const { name, unit } = service;
  const at = context.now().toISOString();
  const recorder = () => records;
  const unrecorded = tryRecording(recorder, (open) => {
    const intent = decideIntent(verb, service, open.intents(app).get(unit), { who, why, at });
    if (intent) open.setIntent(app, unit, intent);
  });
  const { ok, says, diagnostics } = await attempt(() => acts[verb](context, service));
  const trying = !ok && startsIt(verb) ? await warnOfTrying(context, service) : [];
  const result = ok ? [says, ...diagnostics.map((d) => d.summary)].join("; ") : `failed: ${says}`;
  const unnoted = tryRecording(recorder, (open) => {
    if (ok && startsIt(verb)) open.closeGiveUps(unit, who, context.now().toISOString());
    open.audit({ at, who, app, unit, action: verb, why, result });
  });
  const all = [...diagnostics, ...trying, ...(unrecorded.length > 0 ? unrecorded : unnoted)];
  return { app, service: name, unit, verb, ok, says, diagnostics: all };
}

function startsIt(verb: Verb): boolean {
  return verb === "start" || verb === "restart" || verb === "reset";
}

/** What the verb means for the time to come; null when it changes nothing. A word that the spec says too overrides nothing. */
function decideIntent(
  verb: Verb,
  service: DesiredService,
  earlier: Intent | undefined,
  stamp: { who: string; why: string | null; at: string },
): Intent | null {
  const { stopped = false, boot = null } = earlier ?? {};
  if (verb === "stop") return { stopped: true, boot, ...stamp };
  if (startsIt(verb)) return stopped ? { stopped: false, boot, ...stamp } : null;
  if (verb === "reload") return null;
  const wanted = verb === "enable";
  // Plan and status tell who stopped it as long as it is stopped; the audit trail has the rest.
  const { who, why, at } = earlier?.stopped ? earlier : stamp;
  return { stopped, boot: wanted === service.enable ? null : wanted, who, why, at };
}

function skipped(verb: Verb, context: ApplyContext, service: DesiredService, other: Operated): Operated {
  const says = `was left alone: it starts after ${other.unit}, which did not start`;
  const diagnostic: Diagnostic = {
    severity: "error",
    code: "operate/left-alone",
    summary: `${service.unit} ${says}`,
    fix: `mend ${other.service} first`,
  };
  const { name, unit } = service;
  return { app: context.desired!.app, service: name, unit, verb, ok: false, says, diagnostics: [diagnostic] };
}

async function attempt(act: () => Promise<Acted>): Promise<Pick<Operated, "ok" | "says" | "diagnostics">> {
  try {
    const { says, warnings } = await act();
    return { ok: true, says, diagnostics: warnings };
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return { ok: false, says: error.message, diagnostics: error.diagnostics };
  }
}
