import * as v from "valibot";
import { issueMessage, key } from "./key-doc.ts";
import { filePath, matching, scalarText } from "./values.ts";

const variable = () =>
  matching(
    /^[A-Za-z_][A-Za-z0-9_]*$/,
    "a variable name of letters, digits and underscores",
    "spec/bad-variable",
  );

/** The program's variables: a file of them, values in the spec, and what must be so. */
export const environmentSchema = v.strictObject({
  file: key(
    v.union([filePath(), v.array(filePath())], issueMessage("spec/bad-type", "a path or a list of paths")),
    {
      meaning:
        "File of NAME=value lines, read by systemd under its own rules: no export, no comment behind a value, no $ expansion. Holdfast refuses a line that would be dropped or changed.",
      default: "none",
      becomes: "EnvironmentFile=",
      example: ".env",
    },
  ),
  require: key(v.array(variable()), {
    meaning:
      "Names that must have a value in the file or in set. Missing ones are named before anything is touched; values are never printed.",
    default: "none",
    example: "[POLYGON_RPC_URL]",
  }),
  assert: key(v.record(variable(), scalarText()), {
    meaning:
      "Values that variables must have, in the file or in set; nothing starts with any other. For what must never be mixed up, such as paper and live.",
    default: "none",
    example: '{ IS_PAPER_TRADING: "true" }',
  }),
  set: key(v.record(variable(), scalarText()), {
    meaning: "Plain settings as variables. Anyone on the host can read them, so no secrets.",
    default: "none",
    becomes: "Environment=",
    example: "{ MODE: live }",
  }),
});
