import { numberOf } from "../../host/properties.ts";
import { check, type Check, type CheckInput } from "../check.ts";

/** The label of the running process: what its unit or a file in /etc/apparmor.d says confines nothing by itself. */
export async function checkAppArmor(input: CheckInput): Promise<Check | null> {
  const name = input.artifact.directives.find(({ key }) => key === "AppArmorProfile")?.value;
  if (name === undefined) return null;
  const promise = `it is confined by the AppArmor profile ${name}`;
  const say = (result: Check["result"], found: string, fix: string | null = null): Check =>
    check(input, "apparmor", promise, result, found, fix);
  const pid = numberOf(input.properties, "MainPID");
  if (pid === 0) return say("unknown", "it is not running", "holdfast start");
  const label = await readLabel(input, pid);
  if (label === null)
    return say("unknown", "the label of its process cannot be read", "sudo holdfast doctor");
  if (label === `${name} (enforce)`) return say("ok", "in force");
  if (label.startsWith(`${name} (`))
    return say(
      "failed",
      `${label}: what it forbids is only written down`,
      `aa-enforce /etc/apparmor.d/${name}`,
    );
  return say(
    "failed",
    `its process has the label ${label || "unconfined"}`,
    `apparmor_parser -r /etc/apparmor.d/${name}, then: holdfast restart ${input.service.name}`,
  );
}

/** Since Linux 5.8 AppArmor has a directory of its own there (proc_pid_attr(5)). */
async function readLabel({ host }: CheckInput, pid: number): Promise<string | null> {
  for (const file of [`/proc/${pid}/attr/apparmor/current`, `/proc/${pid}/attr/current`]) {
    const label = await host.files.read(file).catch(() => null);
    if (label !== null) return label.replace(/[\0\n]+$/, "");
  }
  return null;
}
