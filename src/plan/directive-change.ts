import type { Because } from "../compile/artifact.ts";

/** How one directive differs, and which line of the spec makes it so; null where it is not written. */
export type DirectiveChange = {
  key: string;
  section: string;
  before: string | null;
  after: string | null;
  because?: Because;
};
