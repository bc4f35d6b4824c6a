import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { findKeys, groupKeys, nearestKey } from "../spec/find-keys.ts";
import { listKeys } from "../spec/key-list.ts";
import { describeKey, describeKeys, keyForJson } from "./describe-key.ts";
import type { Session } from "./session.ts";

/** holdfast explain: one key of the spec, or the tree of all of them. */
export async function runExplain(session: Session, query: string | undefined): Promise<number> {
  const all = listKeys();
  const { out } = session;
  if (query === undefined) {
    out.result({ keys: groupKeys(all).map((group) => keyForJson(group, all)) }, describeKeys(all, out.style));
    return exitCode.done;
  }
  const found = findKeys(query, all);
  if (found.length === 0) {
    const near = nearestKey(query, all);
    throw new HoldfastError(
      {
        severity: "error",
        code: "usage/unknown-key",
        summary: `Cannot explain "${query}": the spec has no such key`,
        ...(near === undefined ? {} : { detail: `Did you mean "${near}"?` }),
        fix: near === undefined ? "see all keys: holdfast explain" : `holdfast explain ${near}`,
      },
      exitCode.usage,
    );
  }
  const groups = groupKeys(found);
  out.result(
    { keys: groups.map((group) => keyForJson(group, all)) },
    groups.map((group) => describeKey(group, all, out.style)).join("\n\n"),
  );
  return exitCode.done;
}
