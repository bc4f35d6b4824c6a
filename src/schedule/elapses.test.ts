import { expect, test } from "vitest";
import { makeCalendarCases } from "../../test/contract/calendar-cases.ts";
import { elapses, listElapses } from "./elapses.ts";
import { instantOf, type Instant } from "./instant.ts";
import { nextElapse } from "./next-elapse.ts";
import { parseCalendar } from "./parse-calendar.ts";
import { berlin, lordHowe, newYork } from "./test-zones.ts";
import { utc } from "./zone.ts";

const seed = Number(process.env.HOLDFAST_SEED ?? Date.now() % 1_000_000);
const count = process.env.HOLDFAST_MANY === "1" ? 3000 : 60;

test.each([utc, newYork, berlin, lordHowe])(
  `counting off finds what searching finds, seed ${seed}: $name`,
  (host) => {
    for (const { expression, base } of makeCalendarCases(seed, count)) {
      const parsed = parseCalendar(expression, {
        named: () => null,
        hostAbbreviations: () => ["CET", "CEST"],
      });
      if (!parsed.ok) continue;
      const searched: Instant[] = [];
      let at = instantOf(base);
      while (searched.length < 300) {
        const next = nextElapse(parsed.value, at, host);
        if (next === null) break;
        searched.push(next);
        at = next;
      }
      const [from, to] = [instantOf(base + 1), instantOf(at + 1)];
      expect(listElapses(parsed.value, from, to, host), expression).toEqual(searched);
      expect([...elapses(parsed.value, from, to, host)], expression).toEqual(searched);
    }
  },
);
