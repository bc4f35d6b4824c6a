import type { UnitName } from "../../value/unit-name.ts";
import type { Stage } from "../stage.ts";

/** Does something while a unit has more directives than its own. */
export async function withDropIn<T>(
  stage: Stage,
  unit: UnitName,
  directives: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const path = `/run/systemd/system/${unit}.d/zz-rehearsal.conf`;
  await stage.host.write(path, ["[Service]", ...directives, ""].join("\n"));
  await stage.outside.systemd.reload();
  try {
    return await work();
  } finally {
    await stage.run(["rm", "-f", path]);
    await stage.outside.systemd.reload();
  }
}
