import { join } from "node:path";
import type { Look } from "./look.ts";

export type Advisory = {
  name: string;
  version: string | null;
  title: string;
  severity: "error" | "warning" | "info";
  /** The first version without it, where the auditor tells. */
  fixed: string | null;
};

/** One language's own auditor. */
export type Auditor = {
  name: string;
  install: string;
  /** The file that says which packages there are; null when there is none. */
  find: (look: Look, directory: string) => Promise<string | null>;
  /** Files to work on in a directory of its own; null: it reads what is installed, where it is. */
  copies: readonly string[] | null;
  /** Runs in the application's directory: it has to read the source. */
  inPlace?: boolean;
  environment?: readonly string[];
  argv: (lock: string) => readonly string[];
  /** null when this is no answer. */
  read: (stdout: string) => Advisory[] | null;
  fix: (name: string, list: readonly Advisory[]) => string;
};

type Json = Readonly<Record<string, unknown>>;

const file = (name: string) => async (look: Look, directory: string) => {
  const path = join(directory, name);
  return (await look.text(path)).text === null ? null : path;
};

const newest = (list: readonly Advisory[]): string | null =>
  list.map(({ fixed }) => fixed).findLast((one) => one !== null) ?? null;

export const auditors: readonly Auditor[] = [
  {
    name: "npm",
    install: "apt install npm",
    find: file("package-lock.json"),
    copies: ["package.json", "package-lock.json"],
    environment: ["npm_config_fetch_retries=0", "npm_config_update_notifier=false"],
    argv: () => ["npm", "audit", "--json", "--omit=dev", "--package-lock-only"],
    read: readNpm,
    fix: (name, list) => (newest(list) === null ? "npm audit fix" : `npm install ${name}@${newest(list)}`),
  },
  {
    name: "pip-audit",
    install: "pipx install pip-audit",
    find: findSitePackages,
    copies: null,
    argv: (path) => ["pip-audit", "--format", "json", "--progress-spinner", "off", "--path", path],
    read: readPipAudit,
    fix: (name, list) =>
      `venv/bin/python -m pip install '${name}${newest(list) === null ? "" : `>=${newest(list)}`}'`,
  },
  {
    name: "cargo-audit",
    install: "cargo install cargo-audit",
    find: file("Cargo.lock"),
    copies: ["Cargo.lock"],
    argv: (lock) => ["cargo-audit", "audit", "--json", "--file", lock],
    read: readCargoAudit,
    fix: (name) => `cargo update ${name}`,
  },
  {
    name: "bundler-audit",
    install: "gem install bundler-audit",
    find: file("Gemfile.lock"),
    copies: ["Gemfile", "Gemfile.lock"],
    argv: () => ["bundler-audit", "check", "--update", "--format", "json"],
    read: readBundlerAudit,
    fix: (name) => `bundle update ${name}`,
  },
  {
    name: "govulncheck",
    install: "go install golang.org/x/vuln/cmd/govulncheck@latest",
    find: file("go.sum"),
    copies: null,
    inPlace: true,
    argv: () => ["govulncheck", "-json", "./..."],
    read: readGovulncheck,
    fix: (name, list) =>
      `go get ${name}${newest(list) === null ? "@latest" : `@${newest(list)}`} && go mod tidy`,
  },
];

/** Of a virtual environment, when there is more in it than its own tools. */
async function findSitePackages(look: Look, directory: string): Promise<string | null> {
  for (const venv of ["venv", ".venv"]) {
    const { names } = await look.list(join(directory, venv, "lib"));
    const python = names.find((name) => name.startsWith("python3"));
    if (python === undefined) continue;
    const path = join(directory, venv, "lib", python, "site-packages");
    const packages = (await look.list(path)).names.filter((name) => /\.(dist|egg)-info$/.test(name));
    if (packages.some((name) => !/^(pip|setuptools|wheel)-/.test(name))) return path;
  }
  return null;
}

function parsed(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Json) : null;
  } catch {
    return null;
  }
}

const levels: Readonly<Record<string, Advisory["severity"]>> = {
  critical: "error",
  high: "error",
  medium: "warning",
  moderate: "warning",
  low: "info",
  none: "info",
  info: "info",
};

/** Words of strangers: one line, not long. */
function words(value: unknown, fallback: string): string {
  return (typeof value === "string" && value !== "" ? value : fallback).replaceAll(/\s+/g, " ").slice(0, 120);
}

/** npm audit --json, version 2 of its report. */
export function readNpm(text: string): Advisory[] | null {
  const found = parsed(text)?.["vulnerabilities"];
  if (typeof found !== "object" || found === null) return null;
  return Object.values(found as Record<string, Json>).flatMap((one): Advisory[] => {
    const via = Array.isArray(one["via"]) ? (one["via"] as unknown[]) : [];
    const fix = one["fixAvailable"] as Json | boolean | undefined;
    const own = via.filter((cause): cause is Json => typeof cause === "object" && cause !== null);
    // One that only depends on another with a hole is mended with that one.
    return own.map((cause) => ({
      name: words(one["name"], "?"),
      version: words(one["range"], "") || null,
      title: words(cause["title"], "a known hole"),
      severity: levels[String(cause["severity"] ?? one["severity"])] ?? "warning",
      fixed:
        typeof fix === "object" && fix["name"] === one["name"] && typeof fix["version"] === "string"
          ? fix["version"]
          : null,
    }));
  });
}

/** pip-audit --format json; it knows no severity. */
export function readPipAudit(text: string): Advisory[] | null {
  const found = parsed(text)?.["dependencies"];
  if (!Array.isArray(found)) return null;
  return (found as Json[]).flatMap((one) =>
    (Array.isArray(one["vulns"]) ? (one["vulns"] as Json[]) : []).map((hole) => ({
      name: words(one["name"], "?"),
      version: words(one["version"], "") || null,
      title: words(hole["id"], "a known hole"),
      severity: "error" as const,
      fixed: Array.isArray(hole["fix_versions"]) ? words(hole["fix_versions"].at(-1), "") || null : null,
    })),
  );
}

/** cargo audit --json. */
export function readCargoAudit(text: string): Advisory[] | null {
  const found = (parsed(text)?.["vulnerabilities"] as Json | undefined)?.["list"];
  if (!Array.isArray(found)) return null;
  return (found as Json[]).map((one) => {
    const crate = (one["package"] ?? {}) as Json;
    const advisory = (one["advisory"] ?? {}) as Json;
    return {
      name: words(crate["name"], "?"),
      version: words(crate["version"], "") || null,
      title: words(advisory["title"], words(advisory["id"], "a known hole")),
      severity: "error",
      fixed: null,
    };
  });
}

/** bundler-audit check --format json. */
export function readBundlerAudit(text: string): Advisory[] | null {
  // It says on a line of its own that it has brought its list up to date.
  const found = parsed(text.slice(Math.max(0, text.indexOf("{"))))?.["results"];
  if (!Array.isArray(found)) return null;
  return (found as Json[]).flatMap((one): Advisory[] => {
    const gem = one["gem"] as Json | undefined;
    const advisory = (one["advisory"] ?? {}) as Json;
    if (gem === undefined) return [];
    return [
      {
        name: words(gem["name"], "?"),
        version: words(gem["version"], "") || null,
        title: words(advisory["title"], words(advisory["id"], "a known hole")),
        severity: levels[String(advisory["criticality"])] ?? "error",
        fixed: null,
      },
    ];
  });
}

/** govulncheck -json: a stream of objects; a finding that reaches a function of the program is one that counts. */
export function readGovulncheck(text: string): Advisory[] | null {
  const objects = text.split(/\n(?=\{)/).map((part) => parsed(part));
  if (!objects.some((one) => one?.["config"] !== undefined)) return null;
  const found = new Map<string, Advisory>();
  for (const one of objects) {
    const hole = one?.["finding"] as Json | undefined;
    const [first] = (hole?.["trace"] ?? []) as Json[];
    if (hole === undefined || first === undefined) continue;
    const called = first["function"] !== undefined;
    const key = `${String(first["module"])} ${String(hole["osv"])}`;
    if (found.has(key) && !called) continue;
    found.set(key, {
      name: words(first["module"], "?"),
      version: words(first["version"], "") || null,
      title: words(hole["osv"], "a known hole"),
      severity: called ? "error" : "info",
      fixed: words(hole["fixed_version"], "") || null,
    });
  }
  return [...found.values()];
}
