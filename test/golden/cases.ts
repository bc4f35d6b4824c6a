import { CORE_SCHEMA, load } from "js-yaml";
import type { Artifact } from "../../src/compile/artifact.ts";
import { compileSpec } from "../../src/compile/compile.ts";
import { debian12, type Target } from "../../src/compile/target.ts";
import { draftSpec } from "../../src/init/draft-spec.ts";
import { folderOf, type Tree } from "../../src/init/tree-for-tests.ts";
import type { Diagnostic } from "../../src/report/diagnostic.ts";
import { hideSecrets } from "../../src/report/hide-secrets.ts";
import { renderDiagnostic } from "../../src/report/render-diagnostic.ts";
import type { Style } from "../../src/report/style.ts";
import { parseEnvFile } from "../../src/spec/env-file.ts";
import { parseSpec } from "../../src/spec/parse-spec.ts";
import { parseProfile, profileFile, type Profile } from "../../src/spec/profile.ts";

const file = "holdfast.yaml";
const same = (text: string): string => text;
const plain: Style = { strong: same, dim: same, good: same, warn: same, bad: same };

export type GoldenCase = { text: string; target: Target; artifacts: readonly Artifact[] };

/** What people read about a spec; one that is right so far is compiled, and what is lost on the target is shown. */
export function messageCase(input: string): GoldenCase {
  const text = generated(input) ?? input;
  const { spec, diagnostics, target } = parsed(input, text);
  const compiled = spec ? compileSpec(spec, target) : { artifacts: [], diagnostics: [] };
  return {
    text: rendered([...diagnostics, ...compiled.diagnostics], text),
    target,
    artifacts: compiled.artifacts,
  };
}

/** The files that a spec becomes, and what could not be had on the target. */
export function compileCase(input: string): GoldenCase {
  const { spec, diagnostics, target } = parsed(input, input);
  if (!spec) return { text: rendered(diagnostics, input), target, artifacts: [] };
  const compiled = compileSpec({ ...spec, profiles: profilesIn(input) }, target);
  const wanted = option(input, "show")?.split(" ");
  const shown = compiled.artifacts.filter((artifact) =>
    wanted
      ? wanted.some((word) => artifact.path.endsWith(word) || artifact.kind === word)
      : artifact.service !== undefined,
  );
  const texts = shown.map(({ path, text }) => `==> ${path}\n${text}`);
  const losses = rendered(compiled.diagnostics, input);
  return {
    text: [...texts, ...(losses === "" ? [] : [losses])].join("\n"),
    target,
    artifacts: compiled.artifacts,
  };
}

/** The variables that systemd would set, with their values, and what is said about the others. */
export function envFileCase(input: string): string {
  const { values, diagnostics } = parseEnvFile(input, ".env");
  const lines = [...values].map(([name, { value }]) => `${name} is ${JSON.stringify(value)}\n`);
  // Without the text: a diagnostic about secrets must not need it.
  return [...lines, rendered(diagnostics, "")].join("");
}

/** The first spec for a folder, and what is said about it. Paths as in src/init/tree-for-tests.ts. */
export function initCase(input: string): string {
  const folder = folderOf(
    option(input, "directory") ?? "/opt/demo",
    load(input, { schema: CORE_SCHEMA }) as Tree,
  );
  const { text, diagnostics, notes } = draftSpec(folder, file);
  return [text, rendered(diagnostics, ""), ...notes.map((note) => `Note: ${note}\n`)]
    .filter((part) => part !== "")
    .join("\n");
}

function parsed(input: string, text: string) {
  return {
    ...parseSpec(text, file, { environment: option(input, "environment"), now: todayOf(input) }),
    target: targetOf(option(input, "target") ?? ""),
  };
}

/** Lines that begin with "#| " are the profile named by "# profile: bot". */
function profilesIn(input: string): Record<string, Profile> {
  const name = option(input, "profile");
  if (name === undefined) return {};
  const lines = input.split("\n").filter((line) => line.startsWith("#| "));
  const { profile, diagnostics } = parseProfile(
    `${lines.map((line) => line.slice(3)).join("\n")}\n`,
    profileFile(file, name),
  );
  if (!profile) throw new Error(rendered(diagnostics, ""));
  return { [name]: profile };
}

function rendered(diagnostics: readonly Diagnostic[], text: string): string {
  const sources = hideSecrets(diagnostics, new Map([[file, text]]));
  return diagnostics.map((d) => `${renderDiagnostic(d, sources, plain)}\n`).join("");
}

/** A comment at the top of the input, such as "# target: 252 user". */
function option(input: string, name: string): string | undefined {
  return new RegExp(`^# ${name}: (.*)$`, "m").exec(input)?.[1];
}

/** "# today: 2026-11-20", for what depends on the date. */
function todayOf(input: string): number | undefined {
  const today = option(input, "today");
  return today === undefined ? undefined : Date.parse(`${today}T12:00:00Z`);
}

/** "252 system cgroup=v2 encrypts no-memory-controller no-apparmor", in any order and as far as it differs from Debian 12. */
function targetOf(words: string): Target {
  const user = words.includes("user");
  return {
    ...debian12,
    systemd: Number(/\d{3}/.exec(words)?.[0] ?? debian12.systemd),
    scope: user ? "user" : "system",
    cgroup: words.includes("cgroup=v1") ? "v1" : "v2",
    memoryController: !words.includes("no-memory-controller"),
    encryptsCredentials: words.includes("encrypts"),
    appArmor: words.includes("no-apparmor") ? "no-kernel" : "yes",
    ...(user
      ? { unitDirectory: "/home/me/.config/systemd/user", settingsDirectory: "/home/me/.config", stateDirectory: "/home/me/.local/state/holdfast" }
      : {}),
  };
}

/** Inputs that no text file can hold well: "# generate: 10485760 x a" and "# generate: base64 AAE=". */
function generated(input: string): string | undefined {
  const [first, second, third] = option(input, "generate")?.split(" ") ?? [];
  if (first === undefined) return undefined;
  return first === "base64" ? Buffer.from(second!, "base64").toString("utf8") : third!.repeat(Number(first));
}
