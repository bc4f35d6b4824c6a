import { directiveIn } from "../../unit/directives.ts";
import type { Edit } from "../../unit/edit-unit.ts";
import type { Setting } from "../../unit/settings.ts";
import type { Junk, JunkKind, UnitFile, UnitNode } from "../../unit/unit-file.ts";
import { atKey, atLine, type Finding, type Rule } from "../rule.ts";

/** Lines that systemd skips or stops at, and lines that become part of another. */
export const lineRules: readonly Rule[] = [
  {
    id: "not-loaded",
    level: "will-not-start",
    reason: "systemd gives up on a whole file at a line like this",
    happens: 'the unit is not loaded: systemctl says bad-setting or "Bad message"',
    source: "src/shared/conf-parser.c",
    bad: "[Unit]\nDescription=Bot\n\n[Service\nExecStart=/usr/bin/bot\n",
    good: "[Unit]\nDescription=Bot\n\n[Service]\nExecStart=/usr/bin/bot\n",
    check: (unit) => unit.settings.files.flatMap((file) => junkOf(file, ["bad-header", "too-long"])),
  },
  {
    id: "skipped-line",
    level: "will-not-do-what-it-says",
    reason: "a line is a [Section], a Key=value, a comment that begins with # or ;, or empty",
    happens: "systemd logs one line and goes on without it; verify still exits 0",
    source: "systemd.syntax(7)",
    bad: "[Service]\nExecStart=/usr/bin/bot\nRestart always\n",
    good: "[Service]\nExecStart=/usr/bin/bot\nRestart=always\n",
    check: (unit) => unit.settings.files.flatMap((file) => junkOf(file, ["no-equals", "no-key", "not-utf8"])),
  },
  {
    id: "outside-section",
    level: "will-not-do-what-it-says",
    reason: "a setting counts only below the header of a section",
    happens: 'systemd logs "Assignment outside of section" and ignores it',
    bad: "Description=Bot\n[Service]\nExecStart=/usr/bin/bot\n",
    good: "[Unit]\nDescription=Bot\n[Service]\nExecStart=/usr/bin/bot\n",
    *check(unit) {
      for (const file of unit.settings.files) {
        let refused = false;
        for (const node of file.nodes) {
          if (node.kind === "junk" && node.what === "bad-header") refused = true;
          if (node.kind !== "assignment" || node.section !== null || refused) continue;
          yield {
            ...atKey(file, node),
            says: `${node.key}= stands above the first section`,
            fix: "move it below a header such as [Unit]",
          };
        }
      }
    },
  },
  {
    id: "swallowed-line",
    level: "will-not-do-what-it-says",
    reason: "a line that ends in a backslash goes on in the next one",
    happens: "the next setting becomes part of this value, and is not set",
    source: "systemd.syntax(7)",
    bad: "[Service]\nExecStart=/usr/bin/bot \\\n  --verbose \\\nRestart=always\n",
    good: "[Service]\nExecStart=/usr/bin/bot \\\n  --verbose\nRestart=always\n",
    *check(unit) {
      for (const setting of unit.settings.written) if (setting.lines > 1) yield* swallowed(setting);
    },
  },
];

const meanings: Readonly<Record<JunkKind, { says: string; fix: string }>> = {
  "bad-header": { says: "this is no header of a section", fix: "write it as [Name] alone on its line" },
  "too-long": { says: "this line is longer than 1 MiB", fix: "shorten it, or keep its content in a file" },
  "no-equals": { says: 'this line has no "="', fix: "write Key=value, or begin the line with #" },
  "no-key": { says: 'nothing stands before "="', fix: "write Key=value, or begin the line with #" },
  "not-utf8": { says: "this line is not UTF-8", fix: "save the file as UTF-8" },
};

function junkOf(file: UnitFile, kinds: readonly JunkKind[]): Finding[] {
  return file.nodes.flatMap((node, index) =>
    node.kind === "junk" && kinds.includes(node.what) ? [junk(file, node, file.nodes[index - 1])] : [],
  );
}

function junk(file: UnitFile, node: Junk, before: UnitNode | undefined): Finding {
  const continued = before?.kind === "assignment" && before.value.endsWith("\\");
  const { says, fix } = meanings[node.what];
  if (!continued || node.what === "not-utf8") return { ...atLine(file, node), says, fix };
  const blank = /\\[ \t]+[\r\n]*$/.test(file.text.slice(before.start, before.end));
  return {
    ...atLine(file, node),
    says: `this line is not part of ${before.key}=: ${blank ? "a blank stands behind the backslash above" : "two backslashes above are a backslash of the value"}`,
    fix: blank ? "remove the blanks behind the backslash" : "leave one backslash",
  };
}

/** A physical line of a continued value that would be a setting or a header by itself. */
function* swallowed(setting: Setting): Iterable<Finding> {
  const { file, section, key } = setting;
  const raw = file.text.slice(setting.start, setting.end);
  let at = 0;
  /** Where the last backslash stands that joined a line. */
  let joint: number | null = null;
  for (const line of raw.split("\n")) {
    const setsOrOpens = /^\s*(?:([A-Z][A-Za-z]+)\s*=|\[([A-Z][A-Za-z]+)\]\s*$)/.exec(line);
    const inner = setsOrOpens?.[1] ?? setsOrOpens?.[2];
    const known =
      setsOrOpens?.[2] !== undefined || (inner !== undefined && directiveIn(section!, inner) !== null);
    if (joint !== null && known) {
      const start = setting.start + at + (line.length - line.trimStart().length);
      yield {
        file,
        start,
        end: setting.start + at + line.trimEnd().length,
        says: `${setsOrOpens![1] === undefined ? `[${inner}]` : `${inner}=`} is part of the value of ${key}=: the line above ends in a backslash`,
        fix: "remove the backslash",
        edits: [withoutBackslash(file, setting.start + joint)],
      };
      return;
    }
    const end = /\\\r?$/.exec(line);
    if (!/^\s*[#;]/.test(line)) joint = end ? at + end.index : null;
    at += line.length + 1;
  }
}

function withoutBackslash(file: UnitFile, at: number): Edit {
  let start = at;
  while (/[ \t]/.test(file.text[start - 1] ?? "")) start -= 1;
  return { start, end: at + 1, text: "" };
}
