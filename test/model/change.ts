import { DatabaseSync } from "node:sqlite";
import { applyPlan, type Outcome } from "../../src/apply/apply.ts";
import { compileSpec } from "../../src/compile/compile.ts";
import { debian12 } from "../../src/compile/target.ts";
import type { Host } from "../../src/host/host.ts";
import type { Desired } from "../../src/plan/desired.ts";
import { makeDesired } from "../../src/plan/make-desired.ts";
import { readHostState } from "../../src/plan/read-host-state.ts";
import type { Consent } from "../../src/plan/adopt.ts";
import { makePlan } from "../../src/plan/make-plan.ts";
import type { PlanInput } from "../../src/plan/plan-input.ts";
import type { Intent } from "../../src/plan/change.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { silentProgress } from "../../src/report/progress.ts";
import { parseSpec } from "../../src/spec/parse-spec.ts";
import { Changes } from "../../src/store/changes.ts";
import { makeTables } from "../../src/store/open-store.ts";
import type { Duration } from "../../src/value/duration.ts";
import { makeModelHost, type ModelHost } from "./host.ts";

export const now = (): Date => new Date(0);

export function makeRecord(): Changes {
  const database = new DatabaseSync(":memory:");
  makeTables(database);
  return new Changes(database);
}

/** A host on which the application of these specs could be installed. */
export async function makePreparedHost(): Promise<ModelHost> {
  const host = makeModelHost();
  for (const path of [
    "/etc/systemd/system",
    "/sys/kernel/security/apparmor",
    "/etc/sysusers.d",
    "/etc/tmpfiles.d",
    "/run/systemd/system",
    "/var/lib",
  ])
    await host.files.makeDirectory(path, 0o755);
  await host.files.makeDirectory("/opt/app", 0o755);
  await host.files.write("/etc/key", "first secret", { mode: 0o600 });
  return host;
}

export function desire(specText: string): Desired {
  const { spec, diagnostics } = parseSpec(specText, "holdfast.yaml");
  if (!spec) throw new Error(diagnostics.map(({ summary }) => summary).join("\n"));
  const target = { ...debian12, encryptsCredentials: true };
  return makeDesired(spec, compileSpec(spec, target), target);
}

export async function planOn(
  host: Host,
  desired: Desired | null,
  previous: Desired | null,
  intents: ReadonlyMap<string, Intent> = new Map(),
  adopt?: Consent,
): Promise<Plan> {
  return makePlan(await inputOn(host, desired, previous, intents, adopt));
}

/** What a plan is made from. */
export async function inputOn(
  host: Host,
  desired: Desired | null,
  previous: Desired | null,
  intents: ReadonlyMap<string, Intent> = new Map(),
  adopt?: Consent,
): Promise<PlanInput> {
  return {
    desired,
    previous: previous && { number: 1, desired: previous, specSays: "" },
    lastNumber: previous ? 1 : 0,
    state: await readHostState(host, desired, previous),
    intents,
    purpose: desired ? "apply" : "remove",
    specSays: "",
    specHash: "",
    diagnostics: [],
    neededByOthers: new Set(),
    ...(adopt === undefined ? {} : { adopt }),
  };
}

/** Nothing on a model host needs time to settle, and real seconds would pass. */
function settledAtOnce(desired: Desired): Desired {
  const services = desired.services.map((one) => ({ ...one, gate: { ...one.gate, settle: 0 as Duration } }));
  return { ...desired, services };
}

export function apply(plan: Plan, wanted: Desired | null, host: Host, changes: Changes): Promise<Outcome> {
  const { signal } = new AbortController();
  const desired = wanted && settledAtOnce(wanted);
  return applyPlan(plan, { host, desired, progress: silentProgress, signal, now }, changes, "somebody");
}

/** From nothing to the first spec, and then to the second where there is one; returns the host and the plan of the last. */
export async function installed(specText: string): Promise<{ host: ModelHost; desired: Desired }> {
  const host = await makePreparedHost();
  const desired = desire(specText);
  const outcome = await apply(await planOn(host, desired, null), desired, host, makeRecord());
  if (outcome.result !== "applied") throw new Error(JSON.stringify(outcome));
  return { host, desired };
}
