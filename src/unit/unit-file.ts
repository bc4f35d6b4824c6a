/** What a line of a unit file is to systemd. Blank lines are not kept as nodes: they are only text between them. */
export type UnitNode = Section | Assignment | Comment | Junk;

type Where = {
  /** The first physical line, from 1. */
  line: number;
  /** Offsets into the text: the node with its line end, so that untouched nodes are written back byte for byte. */
  start: number;
  end: number;
};

export type Section = Where & { kind: "section"; name: string };

export type Assignment = Where & {
  kind: "assignment";
  /** null when no section stands above it, or one whose header systemd refuses. */
  section: string | null;
  key: string;
  /** As systemd has it: continued lines joined, comments between them gone, white space at both ends removed. */
  value: string;
  /** Where the value begins in `line`, from 1. */
  column: number;
  /** Physical lines it spans. */
  lines: number;
};

export type Comment = Where & { kind: "comment"; text: string };

/** A line that systemd skips, or stops at. */
export type Junk = Where & { kind: "junk"; what: JunkKind; text: string };

export type JunkKind =
  | "no-equals"
  | "no-key"
  /** The unit is not loaded at all. */
  | "bad-header"
  | "not-utf8"
  /** One line, continuations included, of 1 MiB or more: the unit is not loaded. */
  | "too-long";

/** One unit file or drop-in, lossless: `text` is what is on disk, and nodes point into it. */
export type UnitFile = {
  path: string;
  text: string;
  nodes: readonly UnitNode[];
};
