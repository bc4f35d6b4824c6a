import type { UnitName } from "../../value/unit-name.ts";
import type { Scene } from "../fault.ts";
import type { Stage } from "../stage.ts";
import type { UnitLook } from "../watch-unit.ts";
import { backAgain } from "./comes-back.ts";

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

/** Starts a service anew with more directives than its own, for this one start: whatever starts it next does so as ever. */
export async function startOnceWith(
  scene: Scene,
  directives: readonly string[],
): Promise<{ ready: UnitLook | null; said: string }> {
  const { subject, stage } = scene;
  const { status, stderr } = await withDropIn(stage, subject.unit, directives, () =>
    stage.holdfast("restart", `${subject.app}/${subject.name}`),
  );
  const ready = status === 0 ? await backAgain(scene) : null;
  return { ready, said: stderr.trim().split("\n")[0] ?? "" };
}
