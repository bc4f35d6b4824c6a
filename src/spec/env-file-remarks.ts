import type { Diagnostic, Place, Severity } from "../report/diagnostic.ts";

export type RemarkCode = keyof typeof meanings;

/** Something to say about an environment file. Indexes count UTF-16 units; it never holds a value. */
export type Remark = {
  code: RemarkCode;
  index: number;
  length: number;
  name?: string | undefined;
  earlier?: Place;
};

type Meaning = {
  severity: Severity;
  summary: (name: string) => string;
  detail: string;
  fix: (name: string) => string;
};

const meanings = {
  "export-ignored": {
    severity: "error",
    summary: (name) => `Cannot set ${name}: systemd ignores a line that begins with "export"`,
    detail: "An environment file is not a shell script (systemd.exec(5), EnvironmentFile=).",
    fix: (name) => `begin the line with ${name}=`,
  },
  "comment-kept": {
    severity: "error",
    summary: (name) =>
      `Cannot tell whether "#" in the value of ${name} begins a comment: systemd keeps it in the value`,
    detail: "Only a line that begins with # or ; is a comment (systemd.exec(5), EnvironmentFile=).",
    fix: () => "put the comment on a line of its own, or the whole value in single quotes if # belongs to it",
  },
  "not-an-assignment": {
    severity: "error",
    summary: () => 'Cannot read this line: it has no "=", and systemd ignores it',
    detail: "Every line is NAME=value, empty, or a comment. A value of several lines needs quotes around it.",
    fix: () => "write NAME=value, or begin the line with #",
  },
  "bad-name": {
    severity: "error",
    summary: () => 'Cannot set a variable by the name before "=": systemd ignores this line',
    detail:
      "A name has letters, digits and _, and does not begin with a digit (systemd.exec(5), Environment=).",
    fix: () => "change the name, here and in the program",
  },
  "byte-order-mark": {
    severity: "error",
    summary: () =>
      "Cannot read the first line: the file begins with a byte order mark, which systemd takes as part of the name",
    detail: "Some editors write this invisible mark when they save as UTF-8 with BOM.",
    fix: () => "save the file as UTF-8 without BOM",
  },
  "bad-encoding": {
    severity: "error",
    summary: () =>
      "Cannot read the file: this part is not UTF-8, and a service with this file would not start",
    detail: "One NUL, invalid byte or non-character makes systemd refuse the whole file.",
    fix: () => "save the file as UTF-8, or keep binary data in a credential",
  },
  "unclosed-quote": {
    severity: "error",
    summary: (name) =>
      `Cannot find the end of the quote in the value of ${name}: the rest of the file became part of it`,
    detail: "A quote may go over several lines (systemd.exec(5), EnvironmentFile=).",
    fix: () => "close the quote, or put a backslash before it if it belongs to the value",
  },
  "comment-continued": {
    severity: "error",
    summary: () => "Cannot tell whether the next line is a comment: this comment ends with a backslash",
    detail: "systemd before 254 reads the next line as comment too, later ones as an assignment.",
    fix: () => "remove the backslash at the end of the comment",
  },
  "too-long": {
    severity: "error",
    summary: (name) => `Cannot pass ${name} to a program: it is longer than 131071 bytes`,
    detail: "Linux refuses to run a program with a longer variable (execve(2), MAX_ARG_STRLEN).",
    fix: () => "pass it as a file or a credential",
  },
  "not-expanded": {
    severity: "warning",
    summary: (name) => `Cannot expand "$" in the value of ${name}: systemd keeps it as it is`,
    detail: "There is no expansion in an environment file (systemd.exec(5), EnvironmentFile=).",
    fix: () => "write the value out, or put it in single quotes to say that $ is meant",
  },
  "backslash-dropped": {
    severity: "warning",
    summary: (name) => `Cannot keep the backslash in the value of ${name}: systemd removes it outside quotes`,
    detail: "Outside quotes a backslash only takes the next character as it is.",
    fix: () => "put the value in single quotes to keep the backslash",
  },
  joined: {
    severity: "warning",
    summary: (name) =>
      `Cannot keep the space after the quote in the value of ${name}: systemd joins the two parts`,
    detail: "White space between quoted parts is lost.",
    fix: () => "put the whole value in one pair of quotes",
  },
  "carriage-return": {
    severity: "warning",
    summary: (name) => `Cannot read the value of ${name} as on other lines: the file has Windows line ends`,
    detail: "Between quotes the carriage return stays in the value, and after a backslash it ends the value.",
    fix: () => "save the file with Unix line ends (LF)",
  },
  "replacement-character": {
    severity: "warning",
    summary: (name) =>
      `Cannot be sure of the value of ${name}: it has U+FFFD, which stands for a byte that is not UTF-8`,
    detail: "If the file has such a byte, a service with this file would not start.",
    fix: () => "save the file as UTF-8",
  },
  duplicate: {
    severity: "warning",
    summary: (name) => `Cannot keep two values of ${name}: the last one wins`,
    detail: "systemd takes the last assignment of a name.",
    fix: () => "remove one of the two",
  },
} satisfies Record<string, Meaning>;

/** Puts one remark into words, for parseEnvFile. */
export function describeRemark(remark: Remark, place: (index: number, length: number) => Place): Diagnostic {
  const { severity, summary, detail, fix } = meanings[remark.code] as Meaning;
  const name = remark.name ?? "a variable";
  return {
    severity,
    code: `env/${remark.code}`,
    summary: summary(name),
    at: place(remark.index, remark.length),
    detail,
    fix: fix(name),
    ...(remark.earlier ? { related: [{ at: remark.earlier, note: "the value that is lost" }] } : {}),
  };
}
