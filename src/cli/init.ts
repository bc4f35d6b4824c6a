import { existsSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { cannotBeNamed, draftSpec } from "../init/draft-spec.ts";
import { readFolder } from "../init/read-folder.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { printable } from "../value/printable.ts";
import type { Session } from "./session.ts";
import { writeNewFile } from "./write-new-file.ts";

/** holdfast init: a commented first spec for a directory, valid as it is. */
export async function runInit(
  session: Session,
  directory: string | undefined,
  options: { print?: boolean; force?: boolean },
): Promise<number> {
  const { out } = session;
  const path = resolve(directory ?? ".");
  refuseDirectory(path);
  // --file names the spec itself; without it the spec goes into the directory that was looked at.
  const named = session.options.file !== "holdfast.yaml";
  const file = named ? resolve(session.options.file) : join(path, "holdfast.yaml");
  if (!options.print && !options.force && existsSync(file)) throw exists(file);
  const draft = draftSpec(readFolder(path), file, { userScope: session.scope === "user" });
  out.diagnose(draft.diagnostics);
  for (const note of draft.notes) out.note(`Note: ${printable(note)}`);
  if (!options.print)
    writeNewFile(file, draft.text, { force: options.force ?? false, exists, print: "holdfast init --print" });
  const services = draft.programs.map(({ name, run, because }) => ({ name, run, because }));
  const shown = relative("", file);
  const list = services.map(({ name }) => name).join(", ");
  out.result(
    { file, written: !options.print, app: draft.app, services, notes: draft.notes, spec: draft.text },
    options.print
      ? draft.text
      : `${printable(shown)} written: ${services.length === 1 ? "service" : "services"} ${list}\nRead it, then see what it would do: holdfast plan`,
  );
  return exitCode.done;
}

function refuseDirectory(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  const shown = printable(path);
  if (!stat?.isDirectory()) {
    throw new HoldfastError(
      {
        severity: "error",
        code: "init/no-directory",
        summary: `Cannot look into ${shown}: ${stat ? "it is not a directory" : "it does not exist"}`,
        fix: "holdfast init DIRECTORY, with the directory of the application",
      },
      exitCode.usage,
    );
  }
  if (cannotBeNamed(path)) {
    throw new HoldfastError(
      {
        severity: "error",
        code: "init/odd-directory",
        summary: `Cannot write a spec for ${shown}: its name has a line break, which no unit file can carry`,
        fix: "rename the directory",
      },
      exitCode.usage,
    );
  }
}

function exists(file: string): HoldfastError {
  return new HoldfastError(
    {
      severity: "error",
      code: "init/exists",
      summary: `Cannot write ${printable(relative("", file))}: it is there already`,
      fix: "see what would be written: holdfast init --print; replace it: holdfast init --force",
    },
    exitCode.usage,
  );
}
