import type { Host } from "../host/host.ts";
import type { UndoStep } from "../plan/undo.ts";
import { isRunning } from "../plan/host-state.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import { unitName } from "../value/unit-name.ts";
import { textOf } from "../host/properties.ts";
import { putBack } from "./aside.ts";

/** Takes one thing back. Safe to repeat, and true only when there was something to do. */
export async function undoStep(step: UndoStep, host: Host): Promise<boolean> {
  switch (step.kind) {
    case "stop": {
      const { ActiveState, LoadState } = await host.systemd.properties(step.unit, [
        "ActiveState",
        "LoadState",
      ]);
      if (LoadState !== "loaded" || ActiveState === "inactive") return false;
      await host.systemd.stop(step.unit);
      await host.systemd.resetFailed(step.unit).catch(() => {});
      return true;
    }
    case "disable":
      if ((await host.systemd.unitFileState(step.unit)) !== "enabled") return false;
      await host.systemd.disable(step.unit);
      return true;
    case "restore-file":
      return restoreFile(step, host);
    case "restore-credential":
      if (!(await putBack(host.files, step.path))) await host.files.remove(step.path);
      return true;
    case "remove-empty-directory":
      return (await host.run(["/usr/bin/rmdir", step.path])).status === 0;
    case "remove-account":
      return removeAccount(step.user, host);
    case "reload-manager":
      await host.systemd.reload();
      return true;
    case "restart-journal":
      return restartJournal(step.namespace, host);
    case "enable":
      await host.systemd.enable(step.unit);
      return true;
    case "bring-back":
      await host.systemd.resetFailed(step.unit).catch(() => {});
      if (
        (await (step.how === "start" ? host.systemd.start(step.unit) : host.systemd.restart(step.unit))) ===
        "done"
      )
        return true;
      throw new HoldfastError({
        severity: "error",
        code: "apply/not-brought-back",
        summary: `${step.unit} did not start again after its files were put back`,
        fix: `holdfast diagnose`,
      });
  }
}

async function restoreFile(
  { path, content, mode }: Extract<UndoStep, { kind: "restore-file" }>,
  host: Host,
): Promise<boolean> {
  if (content === null) {
    const present = (await host.files.stat(path)) !== null;
    await host.files.remove(path);
    return present;
  }
  if (await putBack(host.files, path)) return true;
  if ((await host.files.read(path)) === content) return false;
  await host.files.write(path, content, { mode: mode ?? 0o644 });
  return true;
}

/** The account stays when it owns something: its number could be given to somebody else later. */
async function removeAccount(user: string, host: Host): Promise<boolean> {
  if ((await host.run(["/usr/bin/getent", "passwd", user])).status !== 0) return false;
  return (await host.run(["/usr/sbin/userdel", user])).status === 0;
}

async function restartJournal(namespace: string, host: Host): Promise<boolean> {
  const unit = unitName(`systemd-journald@${namespace}.service`);
  const found = await host.systemd.properties(unit, ["ActiveState"]);
  if (!isRunning(textOf(found, "ActiveState"))) return false;
  await host.systemd.restart(unit);
  return true;
}
