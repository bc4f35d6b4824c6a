import { readZone } from "./read-zone.ts";
import type { Zone } from "./zone.ts";

/** Zones that tests go by; tzdata is a part of every host that runs systemd. */
export const newYork = mustRead("America/New_York");
export const berlin = mustRead("Europe/Berlin");
export const dublin = mustRead("Europe/Dublin");
export const lordHowe = mustRead("Australia/Lord_Howe");

function mustRead(name: string): Zone {
  const zone = readZone(name);
  if (!zone) throw new Error(`no time zone ${name} in /usr/share/zoneinfo`);
  return zone;
}
