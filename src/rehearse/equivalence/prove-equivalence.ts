import { basename, dirname } from "node:path";
import type { Artifact } from "../../compile/artifact.ts";
import type { Properties, PropertyValue } from "../../host/host.ts";
import { listOf, textOf } from "../../host/properties.ts";
import { parseUnit } from "../../unit/parse-unit.ts";
import { Settings } from "../../unit/settings.ts";
import { makeRedact } from "../../value/redact.ts";
import { unitName, type UnitName } from "../../value/unit-name.ts";
import { compareInstall } from "./compare-install.ts";
import { compareProperties, valueText, type PropertyChange } from "./compare-properties.ts";
import { isDirectiveOf } from "./directive-of-property.ts";
import type { Difference, Equivalence } from "./equivalence.ts";
import { explain, explainInstall } from "./explanations.ts";
import { placeOf, placesBefore, type PlacedFile, type UnitLoader } from "./load-units.ts";

/** A unit as it was found: its file and then its drop-ins, in the order in which they take effect, and its name after the import. */
export type OriginalUnit = {
  unit: UnitName;
  files: readonly PlacedFile[];
  /** Another name that it gets; its own when not given. */
  becomes?: UnitName;
  /** The application that it becomes a part of. */
  app: string;
};

export type Proof = {
  originals: readonly OriginalUnit[];
  /** All that the compiler writes, of all applications; only units are loaded. */
  compiled: readonly Artifact[];
  /** Time zone of the host that the units are of. */
  zone: string;
};

/**
 * Proves that the compiled units are what the originals were: systemd loads both, one after the other, and every property
 * is compared. A difference is explained by a rule, or refused. Nothing is started, and files that units name are not read.
 */
export async function proveEquivalence(
  { originals, compiled, zone }: Proof,
  loader: UnitLoader,
): Promise<Equivalence[]> {
  const placed = originals.map(placeOriginal);
  const standing = placed.flatMap(({ files }) => files.map(({ path }) => path));
  const here = placed.flatMap(({ unit, files }) => placesBefore(unit, files[0]?.path ?? ""));
  const before = await loader.load({
    remove: here.filter((path) => !standing.includes(path)),
    write: placed.flatMap(({ files }) => files),
    units: placed.map(({ loaded }) => loaded),
  });
  const after = await loader.load({
    remove: placed.flatMap(({ unit, files }) =>
      files.flatMap(({ path }) => (isTakenOver(unit, path) ? [path] : [])),
    ),
    write: compiled.flatMap(({ kind, path, text }) => (kind === "unit" ? [{ path, text }] : [])),
    units: placed.map(({ becomes }) => becomes),
  });
  return placed.map((one) => {
    const [was, is] = [before.get(one.loaded)!, after.get(one.becomes)!];
    const trouble = loadTrouble(was, "the original") ?? loadTrouble(is, "the compiled unit");
    const base = { unit: one.unit, file: one.files[0]?.path ?? one.unit };
    if (trouble !== null) return { ...base, compared: 0, differences: [], trouble };
    const renamed = renameBack(is, one.becomes, one.loaded);
    const properties = compareProperties(was, renamed);
    const artifact = compiled.find(({ unit }) => unit !== undefined && instanceOf(unit) === one.becomes);
    const settings = new Settings(one.files.map(({ from, text }) => parseUnit(from, text)));
    const install = compareInstall(settings, artifact);
    const of = { app: one.app, unit: one.loaded, onFailure: listOf(was, "OnFailure"), zone };
    return {
      ...base,
      compared: properties.compared + install.compared,
      trouble: null,
      differences: [
        ...withoutTwins(properties.changes).map((change) =>
          judge(change, explain(change, of), settings, artifact),
        ),
        ...install.changes.map((change) => judge(change, explainInstall(change), settings, artifact)),
      ],
    };
  });
}

type PlacedOriginal = {
  unit: UnitName;
  app: string;
  files: readonly (PlacedFile & { from: string })[];
  /** Units that are loaded: an instance where the file is a template. */
  loaded: UnitName;
  becomes: UnitName;
};

function placeOriginal({ unit, files, becomes, app }: OriginalUnit): PlacedOriginal {
  return {
    unit,
    app,
    files: files.map(({ path, text }, index) => ({
      path: placeOf(unit, path, index === 0 ? "fragment" : "drop-in"),
      text,
      from: path,
    })),
    loaded: instanceOf(unit),
    becomes: instanceOf(becomes ?? unit),
  };
}

/** A template cannot be loaded; any instance shows what it says. */
function instanceOf(unit: UnitName): UnitName {
  return unitName(unit.replace("@.", "@proof."));
}

/**
 * What is of this unit alone and in the administrator's place is taken over; what a package brings stays and is hidden, and
 * templates and drop-ins of several units go on counting.
 */
function isTakenOver(unit: string, path: string): boolean {
  const ofUnit = [basename(path), basename(dirname(path)).replace(/\.d$/, "")].includes(unit);
  return ofUnit && (path.startsWith("/etc/") || path.startsWith("/run/"));
}

function loadTrouble(found: Properties, what: string): string | null {
  const state = textOf(found, "LoadState");
  if (state === "loaded") return null;
  const why = listOf(found, "LoadError")[1] ?? "";
  return `systemd does not load ${what}: ${state}${why === "" ? "" : `, ${why}`}`;
}

/** A unit with a new name is compared as if it had its old one; the name itself is what the import has chosen. */
function renameBack(found: Properties, from: UnitName, to: UnitName): Properties {
  if (from === to) return found;
  const back = (value: PropertyValue): PropertyValue =>
    value === from ? to : Array.isArray(value) ? value.map(back) : value;
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, back(value)]));
}

/** ExecStart= is answered twice, as ExecStart and ExecStartEx; one of them is enough to be told. */
function withoutTwins(changes: readonly PropertyChange[]): PropertyChange[] {
  const names = new Set(changes.map(({ property }) => property));
  return changes.filter(
    ({ property }) => !(/^Exec[A-Z]\w*Ex$/.test(property) && names.has(property.slice(0, -2))),
  );
}

function judge(
  { property, before, after }: PropertyChange,
  why: string | null,
  original: Settings,
  compiled: Artifact | undefined,
): Difference {
  const shown = { property, before: hide(property, before), after: hide(property, after) };
  if (why !== null) return { ...shown, verdict: "explained", why };
  const isOne = isDirectiveOf(property);
  const written = original.written.findLast(({ key }) => isOne(key));
  return {
    ...shown,
    verdict: "refused",
    from: written
      ? { file: written.file.path, line: written.line, column: 1, length: written.key.length }
      : null,
    because: compiled?.directives.findLast(({ key }) => isOne(key))?.because ?? null,
  };
}

const redact = makeRedact([], { shapes: true });

/** Variables and credentials written into a unit may be secrets. */
function hide(property: string, value: PropertyValue): string {
  if (property.startsWith("SetCredential")) return "[hidden]";
  const text =
    property === "Environment" && Array.isArray(value)
      ? value.map((one) => String(one).replace(/=.*$/s, "=…")).join(" ")
      : redact(valueText(value)).text;
  return text === "" ? "(empty)" : text;
}
