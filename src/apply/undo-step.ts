import type { Host } from "../host/host.ts";
import { describeUndo } from "../plan/describe-step.ts";
import type { UndoStep } from "../plan/undo.ts";
import { isRunning } from "../plan/host-state.ts";
import { unitName } from "../value/unit-name.ts";
import { textOf } from "../host/properties.ts";
import { dropTemporaries, putBack } from "./aside.ts";
import { loadProfile, unloadProfile } from "./app-armor.ts";
import { removeAccount, removeEmptyDirectory, restoreDirectory } from "./undo-account.ts";
import { runAsBefore, stopUnit, stopUnlessSameRun } from "./undo-run.ts";
import { undoGiveBack, undoTakeOver } from "./take-over.ts";
import { removeTries } from "./sandbox-run.ts";

/** Takes one thing back. Safe to repeat; returns what it did, in words, or null when there was nothing to do. */
export async function undoStep(step: UndoStep, host: Host): Promise<string | null> {
  const said = (done: boolean): string | null => (done ? describeUndo(step) : null);
  switch (step.kind) {
    case "remove-tries":
      return said(await removeTries(host, step.app));
    case "stop":
      return said(await stopUnit(step.unit, host));
    case "disable":
      if ((await host.systemd.unitFileState(step.unit)) !== "enabled") return null;
      await host.systemd.disable(step.unit);
      return describeUndo(step);
    case "restore-file":
      return said(await restoreFile(step, host));
    case "undo-take-over":
      return said(await undoTakeOver(host.files, step));
    case "undo-give-back":
      return said(await undoGiveBack(host.files, step));
    case "restore-kept":
      return said(await restoreKept(step, host));
    case "load-profile":
      return said(await loadProfile(host, step.path));
    case "unload-profile":
      return said(await unloadProfile(host, step.path));
    case "enable":
      if ((await host.systemd.unitFileState(step.unit)) === "enabled") return null;
      await host.systemd.enable(step.unit);
      return describeUndo(step);
    case "reload-manager":
      await host.systemd.reload();
      return describeUndo(step);
    case "restart-journal":
      return said(await restartJournal(step.namespace, host));
    case "stop-unless-same-run":
      return said(await stopUnlessSameRun(step.unit, step.run, host));
    case "run-as-before":
      return said(await runAsBefore(step.unit, step.run, host));
    case "forget-failures":
      return said(await forgetFailures(step.app, host));
    case "restore-directory":
      return said(await restoreDirectory(step.path, step.before, host));
    case "remove-empty-directory":
      return said(await removeEmptyDirectory(step.path, host));
    case "remove-account":
      return removeAccount(step, host);
  }
}

async function restoreFile(
  { path, content, mode }: Extract<UndoStep, { kind: "restore-file" }>,
  { files }: Host,
): Promise<boolean> {
  await dropTemporaries(files, path);
  if (content === null) return removeIfThere(path, files);
  if (await putBack(files, path)) return true;
  const stat = await files.stat(path);
  if (stat?.mode === mode && (await files.read(path)) === content) return false;
  await files.write(path, content, { mode: mode ?? 0o644 });
  return true;
}

/** A credential or a stamp: the plan does not hold what is in it, so only the kept copy can bring it back. Without one it was not touched yet. */
async function restoreKept(
  { path, existed }: Extract<UndoStep, { kind: "restore-kept" }>,
  { files }: Host,
): Promise<boolean> {
  await dropTemporaries(files, path);
  return existed ? putBack(files, path) : removeIfThere(path, files);
}

async function removeIfThere(path: string, files: Host["files"]): Promise<boolean> {
  if ((await files.stat(path)) === null) return false;
  await files.remove(path);
  return true;
}

async function restartJournal(namespace: string, host: Host): Promise<boolean> {
  const unit = unitName(`systemd-journald@${namespace}.service`);
  const found = await host.systemd.properties(unit, ["ActiveState"]);
  if (!isRunning(textOf(found, "ActiveState"))) return false;
  await host.systemd.resetFailed(unit);
  await host.systemd.restart(unit);
  return true;
}

/** What OnFailure= started while the new units were tried: systemd would remember it under names that are gone. */
async function forgetFailures(app: string, host: Host): Promise<boolean> {
  const failed = (await host.systemd.listUnits([`${app}-give-up@*.service`])).filter(
    ({ active }) => active === "failed",
  );
  for (const { name } of failed) await host.systemd.resetFailed(unitName(name));
  return failed.length > 0;
}
