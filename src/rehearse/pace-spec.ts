import { HoldfastError, exitCode } from "../report/diagnostic.ts";
import { environmentsOf } from "../spec/environments.ts";
import { readYaml } from "../spec/read-yaml.ts";
import { overlay, toPlain, without } from "../spec/tree.ts";
import { durationOf, formatDuration, parseDuration } from "../value/duration.ts";

/**
 * What is otherwise in a rehearsal: times, so that nobody waits half a minute for each restart, and calendars of jobs. `longer`:
 * what the copy's processor needs more time for.
 */
export type Shortened = { key: string; from: string; to: string; longer?: true };

export type PacedSpec = {
  text: string;
  shortened: readonly Shortened[];
  /** Channels whose messages stay in the journal. */ channels: readonly string[];
};

type Plain = { [key: string]: unknown };

const second = 1000;
type Rule = { block: string; key: string; limit: number; default: string | null; ofProgram: boolean };

/**
 * What is waited for in every fault, and what it is when nothing is written. What a check needs to see a fault stays as it is.
 * `ofProgram`: what a program gets done in that time on this machine, it does not on a processor that is so many times slower.
 */
const rules: readonly Rule[] = [
  { block: "restart", key: "delay", limit: 250, default: "5s", ofProgram: false },
  { block: "restart", key: "max-delay", limit: second, default: null, ofProgram: false },
  { block: "stop", key: "timeout", limit: 3 * second, default: "30s", ofProgram: true },
  // Where nothing can be asked, all that is left is to see whether it stays up; only there it has a default.
  { block: "ready", key: "settle", limit: second, default: "10s", ofProgram: false },
  { block: "ready", key: "within", limit: Infinity, default: "60s", ofProgram: true },
];

/**
 * The spec as a rehearsal applies it, as JSON (which YAML 1.2 contains): one environment, nothing that reaches out, and shorter
 * pauses unless `realTime`. `slowness`: how many times longer than on this machine everything may take where it is applied. The
 * spec has been read before, so that it has no mistakes.
 */
export function paceSpec(
  text: string,
  file: string,
  environment: string | null,
  realTime: boolean,
  slowness = 1,
): PacedSpec {
  const read = readYaml(text, file);
  if (!read.root) throw new HoldfastError(read.diagnostics, exitCode.usage);
  const { root } = read;
  const above = environment === null ? undefined : environmentsOf(root).get(environment);
  const base = without(root, "environments");
  const spec = toPlain(above ? overlay(base, without(above.node, "environments")) : base) as Plain;
  delete spec["heartbeat"];
  const channels = keepAtHome(spec);
  const shortened: Shortened[] = [];
  openCalendars(spec, shortened);
  for (const [name, service] of Object.entries(mapOf(spec, "services")))
    for (const rule of rules) {
      const changed = pace(service as Plain, rule, realTime, slowness);
      if (changed) shortened.push({ key: `services.${name}.${rule.block}.${rule.key}`, ...changed });
    }
  return { text: `${JSON.stringify(spec, null, 2)}\n`, shortened, channels };
}

/** Nothing gets out of a rehearsal: every channel writes to the journal, under its own name, so that it is seen who is told. */
function keepAtHome(spec: Plain): string[] {
  const notify = mapOf(spec, "notify");
  const channels = mapOf(notify, "channels");
  const kept = new Set(["quiet", "most", "fallback", "hand-off"]);
  for (const [name, channel] of Object.entries(channels))
    channels[name] = {
      ...Object.fromEntries(Object.entries(channel as Plain).filter(([key]) => kept.has(key))),
      journal: {},
    };
  if (spec["notify"] !== undefined) notify["test"] = false;
  // Addresses are of a kind of channel that is none any more.
  for (const contact of Object.values(mapOf(notify, "contacts")) as Plain[])
    if (contact["via"] !== undefined) contact["via"] = [contact["via"]].flat().flatMap(channelsOf);
  return Object.keys(channels);
}

/** The channels of one entry of via: a name, or names with an address each. */
function channelsOf(via: unknown): unknown[] {
  return via !== null && typeof via === "object" ? Object.keys(via) : [via];
}

/** Jobs run in a rehearsal on any day: a calendar that is closed today would refuse every run. */
function openCalendars(spec: Plain, told: Shortened[]): void {
  const programs = Object.entries(mapOf(spec, "jobs")).map(([name, job]) => [job as Plain, `jobs.${name}.`]);
  for (const [above, path] of [[spec, ""], [mapOf(spec, "job-defaults"), "job-defaults."], ...programs] as [
    Plain,
    string,
  ][]) {
    const calendar = above["calendar"];
    if (typeof calendar !== "string" || calendar === "24x7") continue;
    above["calendar"] = "24x7";
    told.push({ key: `${path}calendar`, from: calendar, to: "24x7" });
  }
}

/** Gives a time of a service what it has in a rehearsal; null when that is what the spec says. */
function pace(
  service: Plain,
  { block, key, limit, default: usual, ofProgram }: Rule,
  realTime: boolean,
  slowness: number,
): Omit<Shortened, "key"> | null {
  const above = mapOf(service, block);
  const asked = ["http", "tcp", "command", "notify"].some((gate) => gate in above);
  const from = above[key] ?? (key === "settle" && asked ? null : usual);
  if (typeof from !== "string") return null;
  const read = parseDuration(from);
  if (!read.ok) return null;
  const shorter = realTime ? read.value : Math.min(read.value, limit);
  const value = durationOf(shorter * (ofProgram ? slowness : 1));
  if (value === read.value) return null;
  const to = formatDuration(value);
  service[block] = { ...above, [key]: to };
  return { from, to, ...(value > read.value ? { longer: true } : {}) };
}

/** The map at a key; an empty one, which is not put in, when there is none. */
function mapOf(above: Plain, key: string): Plain {
  const value = above[key];
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Plain) : {};
}
