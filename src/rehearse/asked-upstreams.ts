import type { ThrowawayHost } from "../host/throwaway/throwaway.ts";
import { resolvePath } from "../compile/spec-paths.ts";
import { envFiles } from "../compile/program-files.ts";
import { parseEnvFile } from "../spec/env-file.ts";
import type { Spec } from "../spec/spec.ts";
import { describeUpstream } from "../spec/upstream-address.ts";
import { makeRedact, type Hidden } from "../value/redact.ts";
import { Secret } from "../value/secret.ts";
import { stubRecord, type Asked } from "./inside/stub-plan.ts";

/** What the stand-in of an upstream was asked during a rehearsal. Secrets in it are masked. */
export type AskedUpstream = {
  name: string;
  url: string;
  asked: number;
  /** How often, by unit. */
  by: Readonly<Record<string, number>>;
  /** The different requests, the most frequent first. */
  requests: readonly { what: string; answer: string; count: number }[];
  /** Requests that no answer of the spec fitted. */
  undeclared: readonly string[];
};

const mostShown = 50;
const shortestHidden = 6;

/** Gathers the record of the stand-ins, by upstream; none when the spec has none. */
export async function readAskedUpstreams(host: ThrowawayHost, spec: Spec): Promise<AskedUpstream[]> {
  const upstreams = Object.entries(spec.upstreams ?? {});
  if (upstreams.length === 0) return [];
  const record = ((await host.read(stubRecord)) ?? "").split("\n").flatMap(parseLine);
  const redact = makeRedact(await hiddenOf(host, spec), { shapes: true });
  return upstreams.map(([name, { url }]) =>
    summarize(name, describeUpstream(url), record, (text) => redact(text).text),
  );
}

/** Sums up the requests of one upstream. */
export function summarize(
  name: string,
  url: string,
  record: readonly Asked[],
  mask: (text: string) => string,
): AskedUpstream {
  const own = record.filter((one) => one.name === name);
  const by = new Map<string, number>();
  const requests = new Map<string, { what: string; answer: string; count: number }>();
  const undeclared = new Set<string>();
  for (const { unit, what, answer, declared } of own) {
    by.set(unit ?? "somebody", (by.get(unit ?? "somebody") ?? 0) + 1);
    const shown = mask(what);
    const key = `${shown} ${answer}`;
    requests.set(key, { what: shown, answer, count: (requests.get(key)?.count ?? 0) + 1 });
    if (!declared) undeclared.add(shown);
  }
  return {
    name,
    url,
    asked: own.length,
    by: Object.fromEntries(by),
    requests: [...requests.values()].toSorted((a, b) => b.count - a.count).slice(0, mostShown),
    undeclared: [...undeclared].slice(0, mostShown),
  };
}

/** One line of a report: "Stand-in for broker (https://api.broker.example), requests: demo-bot.service 12". */
export function describeAsked({ name, url, asked, by, undeclared }: AskedUpstream): string {
  if (asked === 0) return `Stand-in for ${name} (${url}): nobody asked it`;
  const who = Object.entries(by).map(([unit, count]) => `${unit} ${count}`);
  const more = undeclared.length > 3 ? ` and ${undeclared.length - 3} more` : "";
  const open =
    undeclared.length === 0 ? "" : `; no answer declared for ${undeclared.slice(0, 3).join(", ")}${more}`;
  return `Stand-in for ${name} (${url}), requests: ${who.join(", ")}${open}`;
}

/** The power may have failed in the middle of a line. */
function parseLine(line: string): Asked[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as Asked];
  } catch {
    return [];
  }
}

/** Whatever the programs on the copy could have sent along: stand-ins, and what was granted. */
async function hiddenOf(host: ThrowawayHost, spec: Spec): Promise<Hidden[]> {
  const programs = [...Object.values(spec.services), ...Object.values(spec.jobs)];
  const hidden: Hidden[] = [];
  for (const program of programs) {
    for (const [name, path] of Object.entries(program.secrets ?? {})) {
      const text = await host.read(resolvePath(spec, path)).catch(() => null);
      if (text !== null && text.trim() !== "") hidden.push({ name, value: new Secret(text.trim()) });
    }
    for (const path of envFiles(program).map((file) => resolvePath(spec, file))) {
      const text = await host.read(path).catch(() => null);
      for (const [name, { value }] of text === null ? [] : parseEnvFile(text, path).values)
        if (value.length >= shortestHidden) hidden.push({ name, value: new Secret(value) });
    }
  }
  return hidden;
}
