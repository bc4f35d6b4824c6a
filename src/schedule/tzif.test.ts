import { expect, test } from "vitest";
import { parsePosixRule } from "./posix-rule.ts";
import { readZone } from "./read-zone.ts";
import { parseTzif } from "./tzif.ts";
import { clockChanges, entryAt, type Zone } from "./zone.ts";

function offsetAt(zone: Zone, time: string): number {
  return zone.offsets[entryAt(zone, Date.parse(time) / 1000, 0)]!;
}

// Another implementation with data of its own: the one in Node.
test.each([
  "America/New_York",
  "Europe/Dublin",
  "Australia/Lord_Howe",
  "Asia/Kolkata",
  "Pacific/Apia",
  "Africa/Cairo",
])("%s has the offsets Intl knows", (name) => {
  const zone = readZone(name)!;
  const format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  for (let day = 0; day < 365 * 60; day += 13) {
    const at = new Date(Date.UTC(1985, 0, 1, day % 24) + day * 86_400_000);
    const text = format.formatToParts(at).find(({ type }) => type === "timeZoneName")!.value;
    const [hours = 0, minutes = 0] = text.replace("GMT", "").split(":").map(Number);
    const sign = text.includes("-") ? -1 : 1;
    expect(offsetAt(zone, at.toISOString()), at.toISOString()).toBe(hours * 3600 + sign * minutes * 60);
  }
});

test("rules go on after the table ends", () => {
  const zone = readZone("America/New_York")!;
  const year = (of: number) => Date.UTC(of, 0, 1) / 1000;
  const changes = clockChanges(zone, year(2150), year(2151));
  expect(changes.map(({ at }) => new Date(at * 1000).toISOString())).toEqual([
    "2150-03-08T07:00:00.000Z",
    "2150-11-01T06:00:00.000Z",
  ]);
});

test.each([
  "../../etc/passwd",
  "America",
  "america/new_york",
  "Europe/Nowhere",
  "zone.tab",
  "",
  "/Europe/Berlin",
])("%j is no zone", (name) => expect(readZone(name)).toBe(null));

test("damaged files are no zones", () => {
  expect(parseTzif("x", new Uint8Array())).toBe(null);
  expect(parseTzif("x", new TextEncoder().encode("TZif2 and then nothing that makes sense at all"))).toBe(
    null,
  );
});

test("rules of tzset(3)", () => {
  expect(parsePosixRule("UTC0")).toEqual({ standard: { abbreviation: "UTC", offset: 0 }, daylight: null });
  expect(parsePosixRule("<+0330>-3:30")?.standard).toEqual({ abbreviation: "+0330", offset: 12_600 });
  const chatham = parsePosixRule("<+1245>-12:45<+1345>,M9.5.0/2:45,M4.1.0/3:45")!;
  expect(chatham.daylight?.offset).toBe(49_500);
  expect(new Date(chatham.daylight!.begin(2026) * 1000).toISOString()).toBe("2026-09-26T14:00:00.000Z");
  expect(parsePosixRule("EST5EDT,J60/0,300/24")?.daylight?.begin(2024)).toBe(Date.UTC(2024, 2, 1, 5) / 1000);
  for (const wrong of ["", "EST", "E5", "EST5EDT,M3", "EST5EDT4,x,y"])
    expect(parsePosixRule(wrong)).toBe(null);
});
