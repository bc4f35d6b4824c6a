import { readFileSync, readlinkSync } from "node:fs";
import { parseTzif } from "./tzif.ts";
import { utc, type Zone } from "./zone.ts";

const folder = "/usr/share/zoneinfo/";
const known = new Map<string, Zone | null>();

/** The zone of a name as systemd on this host would find it, so that both go by the same tzdata; null where it would refuse the name. */
export function readZone(name: string): Zone | null {
  // systemd takes this one even where no zones are installed.
  if (name === "UTC") return utc;
  let zone = known.get(name);
  if (zone === undefined) {
    zone = /^[\w+-]+(\/[\w+-]+)*$/.test(name) ? readFile(name, folder + name) : null;
    known.set(name, zone);
  }
  return zone;
}

/** The zone of the host's clock, localtime(5): what an expression without a zone goes by. */
export function readHostZone(link = "/etc/localtime"): Zone {
  let name = "localtime";
  try {
    const target = readlinkSync(link);
    name = target.slice(target.indexOf("/zoneinfo/") + "/zoneinfo/".length);
  } catch {
    // A plain file, or none: then glibc and systemd go by UTC.
  }
  return readFile(name, link) ?? utc;
}

function readFile(name: string, path: string): Zone | null {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch {
    // No such zone: missing, a folder, or unreadable is all the same to the one who wrote the name.
    return null;
  }
  return parseTzif(name, bytes);
}
