import type { CalendarExpression } from "./calendar-expression.ts";
import { readHostZone, readZone } from "./read-zone.ts";
import { abbreviationsAt, utc, type Zone } from "./zone.ts";

/** Where zones come from: by default, the files systemd on this host goes by. */
export type ZoneLookup = {
  readonly named: (name: string) => Zone | null;
  /** What the host's clock calls its standard and its daylight saving time now. */
  readonly hostAbbreviations: () => readonly [string, string];
};

const hostZones: ZoneLookup = {
  named: readZone,
  hostAbbreviations: () => abbreviationsAt(readHostZone(), Date.now() / 1000),
};

type Split = Pick<CalendarExpression, "zone" | "abbreviation"> & { readonly rest: string };

/** Takes the zone off the end of an expression. UTC goes before the host's own abbreviations, those before names of zones. */
export function splitZone(text: string, zones: ZoneLookup = hostZones): Split {
  const lower = text.toLowerCase();
  if (lower.endsWith(" utc")) return { rest: text.slice(0, -4), zone: utc, abbreviation: null };
  const lastSpace = text.lastIndexOf(" ");
  if (lastSpace < 0) return { rest: text, zone: null, abbreviation: null };
  const rest = text.slice(0, lastSpace);
  const names = zones.hostAbbreviations();
  const kind = names.findIndex((name) => name !== "" && lower.endsWith(` ${name.toLowerCase()}`));
  if (kind >= 0) return { rest, zone: null, abbreviation: { name: names[kind]!, daylight: kind === 1 } };
  const zone = zones.named(text.slice(lastSpace + 1));
  return zone ? { rest, zone, abbreviation: null } : { rest: text, zone: null, abbreviation: null };
}
