import type { Place } from "../../report/diagnostic.ts";
import { nearest } from "../../spec/nearest.ts";
import { directiveIn, directiveKeys, directivesNamed, sectionsOf } from "../../unit/directives.ts";
import { Settings, type Setting } from "../../unit/settings.ts";
import { valueKind } from "../../unit/value-kinds.ts";
import type { Dropped } from "../imported.ts";
import type { FoundUnit } from "./unit-files.ts";

/** What a unit really says to one version of systemd, and what it says in vain. */
export type InForce = {
  /** By section and directive, in order of appearance; each with the assignments that count, in their order. */
  sections: ReadonlyMap<string, ReadonlyMap<string, readonly Setting[]>>;
  /** Lines that systemd passes over, with what it does instead. */
  dropped: readonly Dropped[];
};

/** Directives with an empty list that means "none" rather than "as by default". */
const emptyMeansNone = new Set(["CapabilityBoundingSet"]);

/** Reads what is in force: later assignments after earlier ones, empty ones taking back, and nothing that systemd ignores. */
export function inForce(unit: FoundUnit, systemd: number): InForce {
  const settings = new Settings([unit.fragment, ...unit.own]);
  const dropped: Dropped[] = [];
  const sections = new Map<string, Map<string, Setting[]>>();
  const known = new Set(sectionsOf(unit.type));
  for (const setting of settings.written) {
    const section = setting.section!;
    if (section.startsWith("X-") || setting.key.startsWith("X-")) continue;
    const why = known.has(section)
      ? whyIgnored(setting, systemd)
      : `a ${unit.type} has no section [${section}]`;
    if (why !== null) {
      dropped.push({ at: placeOf(setting), what: shown(setting), why, todo: "nothing" });
      continue;
    }
    take(sections, section, isDependency(section, setting.key) ? withoutNoUnits(setting, dropped) : setting);
  }
  return { sections: withoutEmpty(sections), dropped: [...dropped, ...junkOf(unit)] };
}

function take(sections: Map<string, Map<string, Setting[]>>, section: string, setting: Setting): void {
  const keys = sections.get(section) ?? new Map<string, Setting[]>();
  sections.set(section, keys);
  const { key, value } = setting;
  const list = keys.get(key) ?? [];
  if (value === "" && /^(Condition|Assert)[A-Z]/.test(key)) {
    // An empty condition takes back all conditions, of whatever kind (systemd.unit(5)).
    const kind = key.startsWith("Condition") ? "Condition" : "Assert";
    for (const other of keys.keys()) if (other.startsWith(kind)) keys.delete(other);
    return;
  }
  if (value === "" && isDependency(section, key)) return;
  if (value === "") list.splice(0);
  else if (isSingle(section, key)) list.splice(0);
  if (value !== "" || emptyMeansNone.has(key)) {
    if (list[0]?.value === "") list.splice(0);
    list.push(setting);
  }
  // The order of the last lines is the order that counts where two directives set the same, as TimeoutSec= and TimeoutStartSec=.
  keys.delete(key);
  keys.set(key, list);
}

const unitName =
  /^[A-Za-z0-9:_.\\@-]+\.(service|socket|timer|target|path|mount|automount|swap|slice|scope|device)$/;

/** Words that are no unit names do nothing. */
function withoutNoUnits(setting: Setting, dropped: Dropped[]): Setting {
  const kept = setting.value.split(/\s+/).filter((word) => {
    if (word === "" || word.includes("%") || unitName.test(word)) return true;
    dropped.push({
      at: placeOf(setting),
      what: `${setting.key}=${word}`,
      why: "systemd passes over it: it is not the name of a unit with its suffix",
      todo: /^[A-Za-z0-9:_.-]+$/.test(word) ? `write ${word}.service, if that was meant` : "nothing",
    });
    return false;
  });
  return { ...setting, value: kept.join(" ") };
}

function withoutEmpty(sections: Map<string, Map<string, Setting[]>>): InForce["sections"] {
  for (const keys of sections.values())
    for (const [key, list] of keys) if (list.length === 0) keys.delete(key);
  return sections;
}

/** Dependencies only add up: an empty one takes nothing back (systemd.unit(5)). */
function isDependency(section: string, key: string): boolean {
  return section === "Unit" && (directiveIn(section, key)?.kind.startsWith("UNIT") ?? false);
}

const singleKinds = new Set(
  (
    "BOOLEAN SECONDS STRING SIGNAL UNSIGNED SERVICERESTART SERVICERESTARTMODE KILLMODE ACCESS MODE NICE LIMIT SLICE " +
    "OUTPUT INPUT FACILITY LEVEL POLICY CPUWEIGHT WEIGHT OOMSCOREADJUST TIMEOUTMODE ACTION IOCLASS IOPRIORITY"
  ).split(" "),
);
const singleKeys = new Set(
  (
    "Type PIDFile BusName User Group WorkingDirectory TasksMax CPUQuota TimeoutSec TimeoutAbortSec UMask ProtectSystem " +
    "ProtectHome ProtectProc ProcSubset PrivateTmp PrivateUsers OOMPolicy KeyringMode LogNamespace RuntimeDirectoryMode " +
    "StateDirectoryMode CacheDirectoryMode LogsDirectoryMode ConfigurationDirectoryMode RuntimeDirectoryPreserve DynamicUser " +
    "SyslogIdentifier Description Unit RootDirectory RootImage CollectMode OnFailureJobMode"
  ).split(" "),
);

/** Of these the last assignment counts alone. Any other directive keeps all of them, which is right for either kind. */
function isSingle(section: string, key: string): boolean {
  // One line for each device.
  if (/^IO(Read|Write)/.test(key)) return false;
  return singleKeys.has(key) || singleKinds.has(directiveIn(section, key)?.kind ?? "");
}

function whyIgnored({ section, key, value }: Setting, systemd: number): string | null {
  const info = directiveIn(section!, key);
  if (info === null) {
    const elsewhere = directivesNamed(key).flatMap(({ sections }) => sections);
    const near = elsewhere.length > 0 ? undefined : nearest(key, directiveKeys(section!));
    const hint =
      elsewhere.length > 0
        ? `: it belongs to [${elsewhere.join("] or [")}]`
        : near
          ? `: ${near}= was meant, perhaps`
          : "";
    return `systemd knows no such directive in [${section}] and passes over it${hint}`;
  }
  if (systemd < info.since)
    return `systemd ${systemd} does not know it and passes over it: it came with ${info.since}`;
  const kind = value === "" ? null : valueKind(info, section!);
  return kind === null || kind.reads(value, systemd) || value.includes("%")
    ? null
    : `systemd passes over the line, because it expects ${kind.expected}`;
}

/** Lines that are no assignments; those at which systemd stops are for refusals.ts. */
function junkOf(unit: FoundUnit): Dropped[] {
  return [unit.fragment, ...unit.own].flatMap((file) =>
    file.nodes.flatMap((node) =>
      (node.kind === "junk" && (node.what === "no-equals" || node.what === "no-key")) ||
      (node.kind === "assignment" && node.section === null)
        ? [
            {
              at: { file: file.path, line: node.line, column: 1, length: 1 },
              what: node.kind === "junk" ? node.text.slice(0, 80) : `${node.key}=`,
              why:
                node.kind === "junk"
                  ? "systemd passes over a line that is no assignment"
                  : "it stands in no section, so systemd passes over it",
              todo: "nothing",
            },
          ]
        : [],
    ),
  );
}

/** Where the value of an assignment stands. */
export function placeOf({ file, line, column, value }: Setting): Place {
  return { file: file.path, line, column, length: Math.max(1, value.length) };
}

/** An assignment as it was written, short. */
export function shown({ key, value }: Setting): string {
  const text = `${key}=${value}`;
  return text.length > 100 ? `${text.slice(0, 97)}...` : text;
}
