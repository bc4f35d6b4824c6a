import type { FileStat } from "../host/host.ts";
import type { Accounts } from "./accounts.ts";

/** Somebody else who may do something with a file. */
export type Somebody = { how: "everybody" | "group" | "owner"; says: string; uids: readonly number[] };

/** Within a sticky directory nobody but the owner of an entry may replace it (unlink(2)). */
const sticky = 0o1000;

/**
 * Who, besides the trusted, may change a file, or put another in the place of what is in a directory. `holds` is what the
 * directory is looked at for: a sticky one protects what is there already.
 */
export function whoMayChange(
  stat: FileStat,
  accounts: Accounts,
  trusted: ReadonlySet<number>,
  holds: FileStat | null = null,
): Somebody[] {
  const owner = ownerOf(stat, accounts, trusted);
  // The mode of a link means nothing (symlink(7)), and that of a device does not change what it is.
  if (stat.kind === "link" || stat.kind === "other") return owner;
  if (stat.kind === "directory" && (stat.mode & sticky) !== 0 && holds !== null) return owner;
  return [...owner, ...groupOf(stat, 0o020, accounts, trusted), ...othersOf(stat, 0o002)];
}

/** Who, besides the trusted, may read a file, as its own mode goes. */
export function whoMayRead(stat: FileStat, accounts: Accounts, trusted: ReadonlySet<number>): Somebody[] {
  return [
    ...ownerOf(stat, accounts, trusted),
    ...groupOf(stat, 0o040, accounts, trusted),
    ...othersOf(stat, 0o004),
  ];
}

/** An owner may always give himself the right. */
function ownerOf(stat: FileStat, accounts: Accounts, trusted: ReadonlySet<number>): Somebody[] {
  if (trusted.has(stat.uid)) return [];
  return [{ how: "owner", says: accounts.user(stat.uid), uids: [stat.uid] }];
}

/** A group of nobody but the trusted gives nothing away. */
function groupOf(stat: FileStat, bit: number, accounts: Accounts, trusted: ReadonlySet<number>): Somebody[] {
  if ((stat.mode & bit) === 0) return [];
  const uids = accounts.members(stat.gid).filter((uid) => !trusted.has(uid) && uid !== stat.uid);
  if (uids.length === 0) return [];
  const names = uids.slice(0, 3).map((uid) => accounts.user(uid));
  const more = uids.length > names.length ? ", ..." : "";
  return [{ how: "group", says: `group ${accounts.group(stat.gid)} (${names.join(", ")}${more})`, uids }];
}

function othersOf({ mode }: FileStat, bit: number): Somebody[] {
  return (mode & bit) === 0 ? [] : [{ how: "everybody", says: "everybody", uids: [] }];
}

/** "everybody", "anna and group dev (ben)". */
export function listOf(somebody: readonly Somebody[]): string {
  // Whoever is everybody is named by that.
  const all = somebody.find(({ how }) => how === "everybody");
  return all ? all.says : somebody.map(({ says }) => says).join(" and ");
}
