import * as v from "valibot";
import { hours } from "./health-values.ts";
import { zoneName } from "./job-schema.ts";
import { key } from "./key-doc.ts";
import { text } from "./values.ts";

/** Named hours for `during`. */
export const windowSchema = v.strictObject({
  calendar: key(text(), { meaning: "Only on its open days.", default: "every day", example: "XNYS" }),
  days: key(text(), {
    meaning: "Only on these days of the week.",
    default: "every day",
    example: "Mon..Fri",
  }),
  hours: key(hours(), {
    meaning: "Only at these times of day.",
    default: "all day",
    example: "09:30..16:00",
  }),
  zone: key(zoneName(), {
    meaning: "Time zone of the hours.",
    default: "zone of the file, or UTC",
    example: "America/New_York",
  }),
});

export type WindowSpec = v.InferOutput<typeof windowSchema>;
