import { endingNames, findEnding, isResult, type KnownEnding } from "../explain-failure/look-up.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { Style } from "../report/style.ts";
import { findKeys, groupKeys, nearestKey } from "../spec/find-keys.ts";
import { listKeys } from "../spec/key-list.ts";
import { nearest } from "../spec/nearest.ts";
import { describeKey, describeKeys, keyForJson } from "./describe-key.ts";
import type { Session } from "./session.ts";

/** holdfast explain: one key of the spec, the tree of all of them, or a way in which a unit ends. */
export async function runExplain(session: Session, query: string | undefined): Promise<number> {
  const all = listKeys();
  const { out } = session;
  if (query === undefined) {
    out.result({ keys: groupKeys(all).map((group) => keyForJson(group, all)) }, describeKeys(all, out.style));
    return exitCode.done;
  }
  if (query.startsWith("lint/")) return (await import("./explain-rule.ts")).explainRule(session, query);
  const ending = findEnding(query);
  // Several endings are called like keys, such as watchdog; a key comes first, and "Result=watchdog" is no key.
  const found = ending !== null && !isResult(query) ? [] : findKeys(query, all);
  if (found.length === 0) {
    if (ending === null) throw unknown(query, nearestKey(query, all) ?? nearest(query, endingNames()));
    out.result({ ending }, describeKnownEnding(ending, out.style));
    return exitCode.done;
  }
  const groups = groupKeys(found);
  const also =
    ending === null ? [] : [out.style.dim(`A unit can end like that, too: holdfast explain ${ending.name}`)];
  out.result(
    { keys: groups.map((group) => keyForJson(group, all)), ...(ending === null ? {} : { ending }) },
    [...groups.map((group) => describeKey(group, all, out.style)), ...also].join("\n\n"),
  );
  return exitCode.done;
}

function describeKnownEnding({ name, sentence, inSpec, inUnit }: KnownEnding, style: Style): string {
  const said = sentence.startsWith(`${name}: `) ? sentence.slice(name.length + 2) : sentence;
  const fixes = [
    ["Fix", inSpec],
    ["In a unit of your own", inSpec === inUnit ? null : inUnit],
  ] as const;
  return [
    style.strong(name),
    "",
    `  ${said.startsWith("systemd") ? said : said.charAt(0).toUpperCase() + said.slice(1)}.`,
    ...fixes.flatMap(([label, fix]) => (fix === null ? [] : [`  ${label}: ${fix}`])),
    "",
    style.dim("Of one unit, with the very file or account: holdfast diagnose UNIT.service"),
  ].join("\n");
}

function unknown(query: string, near: string | undefined): HoldfastError {
  return new HoldfastError(
    {
      severity: "error",
      code: "usage/unknown-key",
      summary: `Cannot explain "${query}": the spec has no such key, and systemd no such exit code, signal or result`,
      ...(near === undefined ? {} : { detail: `Did you mean "${near}"?` }),
      fix: near === undefined ? "see all keys: holdfast explain" : `holdfast explain ${near}`,
    },
    exitCode.usage,
  );
}
