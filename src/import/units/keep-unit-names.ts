import { ownUnit } from "../../compile/names.ts";
import type { Imported, ImportedProgram } from "../imported.ts";

/**
 * Before units join an application with other programs: each says the name of its unit, which is not after that application,
 * and its commands stay as they are.
 */
export function keepUnitNames(app: Imported): Imported {
  const named = (program: ImportedProgram): ImportedProgram => {
    const written = program.keys.find(({ key }) => key.join() === "unit")?.value;
    const unit = typeof written === "string" ? written : ownUnit(app.app.value, program.name);
    return {
      ...program,
      aliases: [unit],
      keys:
        written === undefined
          ? [...program.keys, { key: ["unit"], value: unit, why: "the name it has" }]
          : program.keys,
    };
  };
  return {
    ...app,
    fixedDirectory: true,
    services: app.services.map(named),
    jobs: app.jobs.map(named),
  };
}
