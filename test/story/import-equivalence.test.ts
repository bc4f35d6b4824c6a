import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "vitest";
import { debian12, type Target } from "../../src/compile/target.ts";
import { openLocalHost } from "../../src/host/local.ts";
import type { ForeignFile } from "../../src/import/imported.ts";
import { importUnits } from "../../src/import/units/import-units.ts";
import { writeSpec } from "../../src/import/write-spec.ts";
import { describeProof } from "../../src/cli/describe-proof.ts";
import { isEquivalent, type Equivalence } from "../../src/rehearse/equivalence/equivalence.ts";
import { loaderOn } from "../../src/rehearse/equivalence/load-units.ts";
import { proveImport } from "../../src/rehearse/equivalence/prove-import.ts";
import { findDropIns, unitPath } from "../../src/unit/find-drop-ins.ts";
import { sharedHost, story, type World } from "./story.ts";

sharedHost({ name: "equivalence" });

const packaged = "/usr/lib/systemd/system";
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

const list = (directory: string): string[] => {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
};

/** Services and timers of a directory; links to other units are only names. */
function unitsOf(directory: string): string[] {
  return list(directory).filter(
    (name) => /\.(service|timer)$/.test(name) && lstatSync(join(directory, name)).isFile(),
  );
}

function filesOf(directory: string, unit: string, places: readonly string[]): ForeignFile[] {
  const paths = [join(directory, unit), ...findDropIns(unit, places, list)];
  return paths.map((path) => ({ path, text: readFileSync(path, "utf8") }));
}

type Imported = {
  files: ForeignFile[];
  specs: { text: string }[];
  names: Map<string, string>;
  refused: Map<string, string>;
  installed: number;
};

/** Each service with its timer becomes an application of its own, as when a person brings over one after the other. */
function importAll(directory: string, places: readonly string[], systemd: number): Imported {
  const names = new Map<string, string>();
  const refused = new Map<string, string>();
  const all = unitsOf(directory);
  const specs = all.flatMap((service) => {
    if (!service.endsWith(".service")) return [];
    const timer = service.replace(/\.service$/, ".timer");
    const files = [service, ...(all.includes(timer) ? [timer] : [])].flatMap((unit) =>
      filesOf(directory, unit, places),
    );
    for (const { path } of files)
      if (path.includes("@.")) names.set(path, basename(path).replace("@.", "@proof."));
    const result = importUnits(files, { userScope: false, zone, systemd, names });
    for (const { summary } of result?.diagnostics ?? []) refused.set(service, summary);
    const dropped = result?.apps.flatMap((app) => app.dropped) ?? [];
    for (const { what, why } of dropped) if (what.endsWith(".timer")) refused.set(what, why);
    return (result?.apps ?? []).map((app) => writeSpec(app));
  });
  const files = all.flatMap((unit) => filesOf(directory, unit, places));
  return { files, specs, names, refused, installed: all.length };
}

async function prove(
  { host }: World,
  { files, specs, names }: Imported,
  systemd: number,
): Promise<Equivalence[]> {
  const outside = await openLocalHost("system", { busPath: join(host.root, "run/dbus/system_bus_socket") });
  const target: Target = { ...debian12, systemd };
  const loader = loaderOn(host, outside, () => outside.close());
  try {
    return [...(await proveImport(files, specs, { target, zone, names }, loader)).units];
  } finally {
    await loader.close();
  }
}

const versionOf = async ({ run }: World): Promise<number> =>
  Number(/^systemd (\d+)/.exec((await run("systemctl --version")).stdout)?.[1]);

function report(title: string, imported: Imported, proof: readonly Equivalence[]): number {
  const same = proof.filter(isEquivalent);
  const lines = [
    `${title}: ${same.length} of ${imported.installed} units are shown to be the same after an import (${Math.round((100 * same.length) / imported.installed)} %)`,
    ...[...imported.refused].map(([unit, why]) => `  ${unit} is not brought over: ${why}`),
    ...describeProof({ units: proof.filter((one) => !isEquivalent(one)), left: [] }).split("\n"),
  ];
  console.log(lines.join("\n"));
  return same.length;
}

story(
  "units of Debian's packages, and such as people write, do the same after an import: systemd has the same of both",
  {},
  async (world) => {
    const systemd = await versionOf(world);
    const packages = importAll(packaged, unitPath.system, systemd);
    const own = join(import.meta.dirname, "foreign-units");
    const written = importAll(own, [own], systemd);
    const ofPackages = await prove(world, packages, systemd);
    const ofPeople = await prove(world, written, systemd);
    const [some, others] = [
      report("Packages of this machine", packages, ofPackages),
      report("Such as people write", written, ofPeople),
    ];

    // What differs is not passed over: a unit whose restart policy is lost is not the same.
    const lossy = {
      ...written,
      specs: written.specs.map(({ text }) => ({ text: text.replace("on: always", "on: never") })),
    };
    const lost = (await prove(world, lossy, systemd)).filter((one) => !isEquivalent(one));
    expect(lost.flatMap(({ differences }) => differences)).toContainEqual(
      expect.objectContaining({ property: "Restart", verdict: "refused", before: "always", after: "no" }),
    );

    expect(others / written.installed).toBeGreaterThan(0.9);
    expect(some / packages.installed).toBeGreaterThan(0.85);
    // A machine with fewer packages has fewer to show; the machine that this is developed on has more than enough.
    expect(some + others).toBeGreaterThanOrEqual(packages.installed >= 90 ? 100 : 0);
  },
);
