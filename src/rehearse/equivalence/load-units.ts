import { mkdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Host, Properties } from "../../host/host.ts";
import { openLocalHost } from "../../host/local.ts";
import { bootThrowawayHost, type NamespaceHost } from "../../host/throwaway/throwaway.ts";
import { unitPath } from "../../unit/find-drop-ins.ts";
import { unitName, type UnitName } from "../../value/unit-name.ts";

/** A file of a unit: where it stands, or would, and what is in it. */
export type PlacedFile = { path: string; text: string };

/** A systemd that is given unit files, and says what it makes of them. Nothing that it loads ever starts. */
export interface UnitLoader {
  /** Takes files away and puts others there, and returns every property of the units. */
  load(change: {
    remove: readonly string[];
    write: readonly PlacedFile[];
    units: readonly UnitName[];
  }): Promise<ReadonlyMap<UnitName, Properties>>;
  /** Of its systemd, such as 252. */
  version(): Promise<number>;
  close(): Promise<void>;
}

/** systemd forgets a unit that nothing refers to as soon as it was asked about; one that runs keeps all it is ordered after. */
const holder = unitName("holdfast-proof.target");
const holderPath = `/run/systemd/system/${holder}`;

/** Boots a throwaway copy of this machine that loads units for comparison. It takes about a second. */
export async function bootUnitLoader(): Promise<UnitLoader> {
  const host = await bootThrowawayHost({ hostname: "proof" });
  const systemd = await openLocalHost("system", { busPath: host.bus });
  return loaderOn(host, systemd, async () => {
    await systemd.close();
    await host.destroy();
  });
}

/** The same on a host that is up already. */
export function loaderOn(
  host: Pick<NamespaceHost, "root">,
  { systemd }: Pick<Host, "systemd">,
  close: () => Promise<void>,
): UnitLoader {
  const inside = (path: string): string => join(host.root, path);
  return {
    async load({ remove, write, units }) {
      for (const path of remove) await rm(inside(path), { force: true, recursive: true });
      for (const { path, text } of write) {
        await mkdir(dirname(inside(path)), { recursive: true });
        // What is a link on this machine must not be written through.
        await rm(inside(path), { force: true });
        await writeFile(inside(path), Buffer.from(text, "utf8"));
      }
      const after = units.map((unit) => `After=${unit}\n`).join("");
      await mkdir(dirname(inside(holderPath)), { recursive: true });
      await writeFile(inside(holderPath), `[Unit]\nDefaultDependencies=no\n${after}`);
      await systemd.reload();
      await systemd.start(holder);
      const found = await Promise.all(
        units.map(async (unit) => [unit, withoutHolder(await systemd.allProperties(unit))] as const),
      );
      return new Map(found);
    },
    version: async () => Number.parseInt(await systemd.version(), 10),
    close,
  };
}

function withoutHolder(found: Properties): Properties {
  return Object.fromEntries(
    Object.entries(found).map(([name, value]) => [
      name,
      Array.isArray(value) && value.includes(holder) ? value.filter((one) => one !== holder) : value,
    ]),
  );
}

/** Where a unit's file stands on the throwaway host: where it stands here when systemd reads it from there, in /etc otherwise. */
export function placeOf(unit: string, path: string, kind: "fragment" | "drop-in"): string {
  const places: readonly string[] = unitPath.system;
  const directory = dirname(path);
  if (places.includes(kind === "fragment" ? directory : dirname(directory))) return path;
  return kind === "fragment"
    ? join("/etc/systemd/system", unit)
    : join("/etc/systemd/system", basename(directory), basename(path));
}

/**
 * What would hide a unit that stands at this path, or change it: its name in stronger places (a throwaway host masks some
 * units there, so that they do not start; here nothing starts), and the directories of its own drop-ins.
 */
export function placesBefore(unit: string, path: string): string[] {
  const places: readonly string[] = unitPath.system;
  const stronger = places.slice(0, Math.max(0, places.indexOf(dirname(path))));
  // The file of an instance is its template's.
  const names = [...new Set([unit, basename(path)])];
  return names.flatMap((name) => [
    ...stronger.map((place) => join(place, name)),
    ...places.map((place) => join(place, `${name}.d`)),
  ]);
}
