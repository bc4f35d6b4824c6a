import { isAbsolute } from "node:path";
import { parseEnvFile } from "../spec/env-file.ts";
import { exposuresOf } from "./exposures.ts";
import { together, type Found } from "./finding.ts";
import { finding, trustedBy, type Audit, type AuditedApp, type AuditedProgram } from "./facts.ts";
import { envFilesOf } from "./env-sources.ts";
import { word } from "./fixes.ts";
import { walkPath } from "./walk-path.ts";

/** Directories in PATH: whoever may put a program into one of them has it run instead of the one that was meant. */
export async function auditSearchPaths(audit: Audit, app: AuditedApp): Promise<Found> {
  return together(await Promise.all(app.programs.map((program) => auditSearchPath(audit, app, program))));
}

async function auditSearchPath(audit: Audit, app: AuditedApp, program: AuditedProgram): Promise<Found> {
  const path = await pathOf(audit, program);
  if (path === null) return { findings: [], unknown: [] };
  const service = program.service.name;
  const asRoot = audit.scope === "system" && app.desired.user === "root";
  const found = await Promise.all(
    path.split(":").map(async (directory): Promise<Found> => {
      if (!isAbsolute(directory))
        return {
          findings: [
            finding(
              "audit/path-writable",
              asRoot ? "critical" : "warning",
              { app, service, where: `${service} PATH ${directory || "(empty)"}` },
              `PATH of ${service} has ${directory === "" ? "an empty part, which is the working directory" : `${directory}, which goes by the working directory`}`,
              "write whole paths into env.set.PATH",
            ),
          ],
          unknown: [],
        };
      const walked = await walkPath(audit.look, directory);
      const findings = exposuresOf(audit, walked, directory, {
        trusted: trustedBy(audit),
        within: app.desired.directory,
        move: `take ${word(directory)} out of PATH: env.set in holdfast.yaml, then holdfast apply`,
        what: `${directory} in PATH of ${service}`,
      }).map(({ where, somebody, says, fix }) => {
        const own =
          !asRoot &&
          somebody.every(({ how, uids }) => how !== "everybody" && uids.every((uid) => uid === app.uid));
        const severity = asRoot ? "critical" : own ? "warning" : "error";
        return finding("audit/path-writable", severity, { app, service, where }, says, fix);
      });
      const unknown =
        walked.trouble === null
          ? []
          : [
              {
                app: app.app,
                what: `${directory} in PATH of ${service}`,
                why: walked.trouble,
                fix: "sudo holdfast audit",
              },
            ];
      return { findings, unknown };
    }),
  );
  return together(found);
}

/** The last one wins: files over the unit (systemd.exec(5)). systemd's own default has system directories only. */
async function pathOf(audit: Audit, program: AuditedProgram): Promise<string | null> {
  let path = program.environment.get("PATH") ?? null;
  for (const file of envFilesOf(program)) {
    const { text } = await audit.look.text(file);
    path = (text === null ? null : parseEnvFile(text, file).values.get("PATH")?.value) ?? path;
  }
  return path;
}
