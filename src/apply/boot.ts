import type { DesiredService } from "../plan/desired.ts";
import { HoldfastError } from "../report/diagnostic.ts";
import type { ApplyContext } from "./context.ts";
import type { Acted } from "./operate.ts";

/** Lets a service start at boot. Whether it runs now stays as it is. */
export async function enableService(context: ApplyContext, service: DesiredService): Promise<Acted> {
  const changed = await setBoot(context, service, "enabled");
  const override = service.enable ? "" : "; the spec says enable: false, and this goes before it";
  return { says: `${changed ? "starts" : "already starts"} at boot${override}`, warnings: [] };
}

/** Keeps a service from starting at boot. Whether it runs now stays as it is. */
export async function disableService(context: ApplyContext, service: DesiredService): Promise<Acted> {
  const changed = await setBoot(context, service, "disabled");
  const override = service.enable ? "; the spec says that it does, and this goes before it" : "";
  return { says: `${changed ? "no longer starts" : "does not start"} at boot${override}`, warnings: [] };
}

/** True when there was something to do. What systemd says afterwards counts, not that it took the order. */
async function setBoot(
  { host: { systemd } }: ApplyContext,
  { unit }: DesiredService,
  wanted: "enabled" | "disabled",
): Promise<boolean> {
  const before = await systemd.unitFileState(unit);
  if (before === wanted) return false;
  await (wanted === "enabled" ? systemd.enable(unit) : systemd.disable(unit));
  // A link in a .wants directory counts only after systemd has read it.
  await systemd.reload();
  const after = await systemd.unitFileState(unit);
  if (after === wanted) return true;
  throw new HoldfastError({
    severity: "error",
    code: "operate/boot-unchanged",
    summary: `Cannot make ${unit} ${wanted} at boot: systemd says it is ${after || "unknown"}`,
    fix: after.startsWith("masked") ? `systemctl unmask ${unit}` : `systemctl status ${unit}`,
  });
}
