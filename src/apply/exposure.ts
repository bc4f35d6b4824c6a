import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Artifact } from "../compile/artifact.ts";
import type { Host } from "../host/host.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import { runtimeDirectory } from "./runtime-unit.ts";

const analyze = ["/usr/bin/systemd-analyze", "--no-pager", "--offline=true"];

/** The exposure score that systemd-analyze computes for a unit file, 0 (tight) to 10 (open); null when it does not say. */
export async function exposureScore(host: Host, file: string): Promise<number | null> {
  const result = await host.run([...analyze, "security", file]);
  const score = /Overall exposure level for .*?: (\d+(?:\.\d+)?)/.exec(result.stdout)?.[1];
  return score === undefined ? null : Number(score);
}

/** What one line of systemd-analyze adds to the score. */
export type ExposureCost = { directive: string; cost: number; says: string };

type Row = { set: boolean | null; name: string; description: string; exposure: string | null };

/** What of a unit costs most, the dearest first; empty where systemd-analyze gives no JSON. */
export async function exposureCosts(host: Host, file: string): Promise<ExposureCost[]> {
  const result = await host.run([...analyze, "--json=short", "security", file]);
  let rows: readonly Row[];
  try {
    rows = JSON.parse(result.stdout) as readonly Row[];
  } catch {
    return [];
  }
  return rows
    .flatMap(({ name, description, exposure }) =>
      exposure === null ? [] : [{ directive: name, cost: Number(exposure), says: description }],
    )
    .filter(({ cost }) => cost > 0)
    .toSorted((a, b) => b.cost - a.cost);
}

/** Refuses services whose score is worse than the spec allows, and says what costs most. Nothing is changed. */
export async function checkBudgets(host: Host, desired: Desired): Promise<Diagnostic[]> {
  const limited = desired.services.filter(({ scoreAtMost }) => scoreAtMost !== null);
  if (host.scope === "user" || limited.length === 0) return [];
  const directory = join(runtimeDirectory(host), `holdfast-score-${randomBytes(6).toString("hex")}`);
  try {
    await host.files.makeDirectory(directory, 0o700);
    return await checkIn(host, directory, desired, limited);
  } finally {
    await host.files.removeTree(directory);
  }
}

type Scored = { score: number | null; file: string };

/** Units that are shut in alike score alike: a thousand of them cost one question. */
async function checkIn(
  host: Host,
  directory: string,
  desired: Desired,
  services: readonly DesiredService[],
): Promise<Diagnostic[]> {
  const known = new Map<string, Promise<Scored>>();
  const scoreOf = (artifact: Artifact): Promise<Scored> => {
    const id = whatCounts(artifact);
    const asked = known.get(id) ?? ask(artifact);
    known.set(id, asked);
    return asked;
  };
  const ask = async (artifact: Artifact): Promise<Scored> => {
    const file = join(directory, artifact.unit!);
    await host.files.write(file, artifact.text, { mode: 0o600 });
    return { score: await exposureScore(host, file), file };
  };
  const artifacts = new Map(desired.artifacts.map((artifact) => [artifact.unit, artifact]));
  const found = services.map(async (service): Promise<Diagnostic[]> => {
    const artifact = artifacts.get(service.unit)!;
    const { score, file } = await scoreOf(artifact);
    if (score === null || score <= service.scoreAtMost!) return [];
    return [tooExposed(service, score, await exposureCosts(host, file))];
  });
  return (await Promise.all(found)).flat();
}

/** What has nothing to do with the score, and differs from service to service. */
const unscored =
  /^(Description|Documentation|Exec|WorkingDirectory|Environment|SyslogIdentifier|StateDirectory|CacheDirectory|RuntimeDirectory|LoadCredential|ReadWritePaths|Slice|LogNamespace|Restart|Timeout)/;

function whatCounts({ directives }: Artifact): string {
  return directives
    .filter(({ section, key }) => section === "Service" && !unscored.test(key))
    .map(({ key, value }) => `${key}=${value}`)
    .join("\n");
}

/** systemd-analyze weighs each capability and each group of calls; people write one directive for all of them. */
function byDirective(costs: readonly ExposureCost[]): ExposureCost[] {
  const found = new Map<string, ExposureCost & { parts: number }>();
  for (const { directive, cost, says } of costs) {
    const key = directive.split("=")[0]!;
    const before = found.get(key);
    found.set(key, {
      directive: key,
      cost: (before?.cost ?? 0) + cost,
      says: before?.says ?? says,
      parts: (before?.parts ?? 0) + 1,
    });
  }
  return [...found.values()]
    .map((one) => (one.parts === 1 ? one : { ...one, says: `${one.says}, and ${one.parts - 1} more` }))
    .toSorted((a, b) => b.cost - a.cost);
}

function tooExposed(service: DesiredService, score: number, costs: readonly ExposureCost[]): Diagnostic {
  const most = byDirective(costs)
    .slice(0, 6)
    .map(({ directive, cost, says }) => `  ${cost.toFixed(1)}  ${directive}=: ${says}`);
  return {
    severity: "error",
    code: "apply/too-exposed",
    summary: `Service "${service.name}" scores ${score} in systemd-analyze security, and at most ${service.scoreAtMost} is allowed`,
    detail: most.length === 0 ? "lower is tighter" : `lower is tighter; what costs most:\n${most.join("\n")}`,
    fix: `see what it needs: holdfast harden ${service.name}; or tighten hardening:, or raise hardening.at-most`,
  };
}
