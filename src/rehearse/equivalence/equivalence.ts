import type { Because } from "../../compile/artifact.ts";
import type { Place } from "../../report/diagnostic.ts";
import type { UnitName } from "../../value/unit-name.ts";

/** One property that has another value after the import. */
export type Difference = {
  property: string;
  /** As people read them; what looks like a secret is hidden. */
  before: string;
  after: string;
} & (
  | {
      verdict: "explained";
      /** One sentence. */
      why: string;
    }
  | {
      verdict: "refused";
      /** The directive of the original that the value comes from; null when it is systemd's default or not known. */
      from: Place | null;
      /** What made the compiled directive; null when it has none. */
      because: Because | null;
    }
);

/** What comparing one unit with the one that Holdfast writes has shown. */
export type Equivalence = {
  unit: UnitName;
  /** Its file, as it was named. */
  file: string;
  /** Properties that were compared. */
  compared: number;
  differences: readonly Difference[];
  /** Why nothing could be compared, such as an original that systemd does not load. */
  trouble: string | null;
};

/** Does the compiled unit do what the original did? */
export function isEquivalent({ trouble, differences }: Equivalence): boolean {
  return trouble === null && differences.every(({ verdict }) => verdict === "explained");
}
