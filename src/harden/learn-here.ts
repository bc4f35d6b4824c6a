import { isAbsolute, join } from "node:path";
import { exposureCosts, exposureScore } from "../apply/exposure.ts";
import type { ApplyContext } from "../apply/context.ts";
import { runtimeDirectory } from "../apply/runtime-unit.ts";
import type { Artifact } from "../compile/artifact.ts";
import { compileSpec } from "../compile/compile.ts";
import { writtenPaths } from "../compile/spec-paths.ts";
import { programPath } from "../compile/program-files.ts";
import type { Target } from "../compile/target.ts";
import type { CheckRule, LookKind } from "../compile/watch-rule.ts";
import { hashFiles } from "../host/hash-file.ts";
import type { Host } from "../host/host.ts";
import type { Desired, DesiredService } from "../plan/desired.ts";
import type { Progress } from "../report/progress.ts";
import { readyGate } from "../spec/defaults.ts";
import type { Spec } from "../spec/spec.ts";
import { parseProfile, type Profile } from "../spec/profile.ts";
import { learn, sandboxOf, type Learned } from "./learn.ts";
import { profileOf } from "./learned.ts";
import { withHardening } from "./narrow-spec.ts";
import { describeExercised, describeNotExercised } from "./not-exercised.ts";
import type { HardenResult } from "./result.ts";
import type { Trial } from "./run-once.ts";
import { writeProfile } from "./write-profile.ts";
import { unusedPlaces } from "./written-places.ts";

export type LearnHere = {
  host: Host;
  /** The spec as it is written, and what stands on this host: narrowSpec of it, applied. */
  spec: Spec;
  desired: Desired;
  name: string;
  target: Target;
  exercise: readonly (readonly string[])[];
  standIns: readonly string[];
  progress: Progress;
  signal: AbortSignal;
};

/** Checks that say something of a service that has just been started, on a host of its own. */
const asked: readonly LookKind[] = [
  "http",
  "tcp",
  "tls",
  "dns",
  "rpc",
  "exec",
  "beat",
  "file",
  "sockets",
  "sqlite",
];

/** Learns what a service needs on the host that this process runs on. Only for a throwaway host. */
export async function learnHere(given: LearnHere): Promise<HardenResult> {
  const { host, spec, desired, name, target, progress } = given;
  const service = spec.services[name]!;
  const found = desired.services.find((one) => one.name === name)!;
  const rule = desired.watch.services.find((one) => one.service === name)!;
  const checks = rule.checks.filter(({ look }) => asked.includes(look.kind));
  const skipped = rule.checks.filter(({ look }) => look.kind !== "unit" && !asked.includes(look.kind));
  const preset = sandboxOf(unitOf(withHardening(spec, name, undefined), name, target).directives);
  const context: ApplyContext & { desired: Desired } = {
    host,
    desired,
    progress,
    signal: given.signal,
    now: () => new Date(),
    began: new Date(),
  };
  const trial: Trial = {
    context,
    service: found,
    directives: desired.artifacts.find((one) => one.service === name)!.directives,
    rule,
    checks,
    exercise: given.exercise,
    reload: found.canReload,
    kills: false,
    patience: { ready: readyGate(service).within, checks: 5000, settle: 1000 },
  };
  const ways = waysToAsk(found, checks);
  const programs = await programFiles(host, spec, name);
  const own = ownPlaces(service);
  const declared = writtenPaths(spec, service);
  const began = performance.now();
  const learned = await learn({
    trial,
    preset,
    systemd: target.systemd,
    declared: [...declared, ...own],
    programs,
    homes: await homesOf(host, desired),
    progress,
  });
  const profile = profileOf(learned.lines);
  const settle = Math.max(1, Math.min(10, Math.round(found.gate.settle / 1000)));
  const said = {
    run: learned.baseline,
    ready: ways[0] ?? (found.gate.kind === "notify" ? "it says that it is ready" : "it stays up"),
    trace: learned.trace,
    ports: found.ports,
    asked: ways,
    commands: given.exercise.map((argv) => argv.join(" ")),
    reload: found.canReload,
    jobs: Object.keys(spec.jobs),
    standIns: given.standIns,
    unusedPlaces: learned.trace === null ? [] : unusedPlaces(learned.trace.written, declared),
    seconds: settle,
    notEnforced: "IPAddressDeny" in profile.set && target.cgroup === "v1" ? ["IPAddressDeny"] : [],
  };
  const content = {
    ...profile,
    app: spec.app,
    service: name,
    systemd: target.systemd,
    runs: await hashesOf(host, programs),
    places: learned.places,
    exercised: describeExercised(said),
    notExercised: [
      ...describeNotExercised(said),
      ...skipped.map(
        ({ id, look }) => `check ${id}: a short run on a throwaway host says nothing of ${look.kind}`,
      ),
    ],
  };
  const after = await scored(host, compiledWith(given, content, learned));
  const before = await scored(host, unitOf(asWritten(spec, name), name, target));
  progress.begin(`${learned.probes} runs in ${Math.round((performance.now() - began) / 1000)} s`);
  progress.end("done");
  const { set: _set, off: _off, ...rest } = content;
  return {
    ...rest,
    lines: learned.lines,
    profile,
    before: before.score,
    after: after.score,
    costs: after.costs,
    flaky: learned.flaky,
    probes: learned.probes,
  };
}

/** A profile that the spec names and that is not there yet is what is about to be learned. */
function asWritten(spec: Spec, name: string): Spec {
  const { hardening } = spec.services[name]!;
  if (typeof hardening !== "object" || hardening.profile === undefined) return spec;
  if (spec.profiles?.[hardening.profile]) return spec;
  const { profile: _missing, ...rest } = hardening;
  return withHardening(spec, name, rest);
}

function unitOf(spec: Spec, name: string, target: Target): Artifact {
  return compileSpec(spec, target).artifacts.find((one) => one.service === name)!;
}

/** The unit that the profile leads to, by the way that any spec takes; it must be the one that was tried. */
function compiledWith(
  { spec, name, target }: LearnHere,
  content: Omit<Parameters<typeof writeProfile>[0], "learned" | "before" | "after">,
  learned: Learned,
): Artifact {
  const text = writeProfile({ ...content, learned: "2000-01-01", before: null, after: null });
  const { profile, diagnostics } = parseProfile(text, "learned");
  if (!profile)
    throw new Error(`a learned profile cannot be read back: ${JSON.stringify(diagnostics)}\n${text}`);
  const profiles: Record<string, Profile> = { ...spec.profiles, learned: profile };
  const unit = unitOf({ ...withHardening(spec, name, { profile: "learned" }), profiles }, name, target);
  const compiled = sandboxOf(unit.directives).flatMap(({ key, value }) => wordsOf(key, value));
  const tried = learned.settings.flatMap(([key, value]) => wordsOf(key, value));
  const differ = [
    ...compiled.filter((line) => !tried.includes(line)),
    ...tried.filter((line) => !compiled.includes(line)),
  ];
  if (differ.length > 0)
    throw new Error(`a learned profile compiles to something else: ${differ.join(", ")}`);
  return unit;
}

/** Groups that are denied may stand in one line or in several. */
function wordsOf(key: string, value: string): string[] {
  if (key !== "SystemCallFilter" || !value.startsWith("~")) return [`${key}=${value}`];
  return value
    .slice(1)
    .split(" ")
    .map((group) => `${key}=~${group}`);
}

async function scored(
  host: Host,
  { unit, text }: Artifact,
): Promise<{ score: number | null; costs: { directive: string; cost: number }[] }> {
  const directory = join(runtimeDirectory(host), "holdfast-harden-score");
  const file = join(directory, unit!);
  await host.files.makeDirectory(directory, 0o700);
  await host.files.write(file, text, { mode: 0o600 });
  const costs = await exposureCosts(host, file);
  return {
    score: await exposureScore(host, file),
    costs: costs.map(({ directive, cost }) => ({ directive, cost })),
  };
}

/** The ways in which readiness and the checks ask a service, such as "http://127.0.0.1:8000/health". */
function waysToAsk({ gate }: DesiredService, checks: readonly CheckRule[]): string[] {
  const ready =
    gate.kind === "http"
      ? [gate.url]
      : gate.kind === "tcp"
        ? [`port ${gate.port}`]
        : gate.kind === "command"
          ? [gate.argv.join(" ")]
          : [];
  const looks = checks.flatMap(({ look }) =>
    look.kind === "http" ? [look.url] : look.kind === "tcp" ? [`port ${look.port}`] : [],
  );
  return [...ready, ...looks];
}

function ownPlaces(service: Spec["services"][string]): string[] {
  const { "state-directory": state, "cache-directory": cache, "runtime-directory": run } = service;
  return [
    ...(state === undefined ? [] : [`/var/lib/${state}`]),
    ...(cache === undefined ? [] : [`/var/cache/${cache}`]),
    ...(run === undefined ? [] : [`/run/${run}`]),
  ];
}

/** A home of a service is often "/" or "/nonexistent", which says nothing. */
async function homesOf(host: Host, { user }: Desired): Promise<string[]> {
  if (user === null) return [];
  const home = (await host.run(["/usr/bin/getent", "passwd", user])).stdout.split(":")[5] ?? "";
  return /^\/[^/]+\/./.test(home) ? [home] : [];
}

/** The program, as it is after links, and those of its arguments that are files of the application. */
async function programFiles(host: Host, spec: Spec, name: string): Promise<string[]> {
  const [program = "", ...words] = spec.services[name]!.run;
  const path = programPath(spec, program);
  const own = words
    .filter((word) => /^[^-].*\.\w+$/.test(word) || word.includes("/"))
    .map((word) => (isAbsolute(word) ? word : join(spec.directory, word)));
  const places = isAbsolute(path)
    ? [path]
    : ["/usr/local/bin", "/usr/bin", "/bin"].map((one) => join(one, path));
  const found: string[] = [];
  for (const candidates of [places, ...own.map((one) => [one])]) {
    for (const candidate of candidates) {
      const real = await host.files.realPath(candidate);
      if (real === null || (await host.files.stat(real))?.kind !== "file") continue;
      found.push(real);
      break;
    }
  }
  return [...new Set(found)];
}

async function hashesOf(host: Host, files: readonly string[]): Promise<Record<string, string>> {
  const hashes = await hashFiles(host, files);
  return Object.fromEntries(
    [...hashes].flatMap(([file, hash]) => (hash === null ? [] : [[file, `sha256:${hash}`]])),
  );
}
