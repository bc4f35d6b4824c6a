import type { Setting } from "../unit/settings.ts";
import type { LintUnit } from "./lint-unit.ts";

/** Directives of [Unit] whose values are names of units. */
export const unitListKeys = (
  "After Before Requires Requisite Wants BindsTo PartOf Upholds Conflicts OnFailure OnSuccess PropagatesReloadTo " +
  "ReloadPropagatedFrom PropagatesStopTo StopPropagatedFrom JoinsNamespaceOf"
).split(" ");

/** A unit that another one names, and where: offsets are into the value. */
export type NamedUnit = {
  setting: Setting;
  written: string;
  start: number;
  end: number;
  /** With specifiers filled in; null when they cannot be, as "%i" of a template. */
  name: string | null;
};

const named = new WeakMap<LintUnit, Map<string, NamedUnit[]>>();

/** The units that a directive names. Many rules look at them: they are read once. */
export function unitsNamed(unit: LintUnit, key: string, section = "Unit"): readonly NamedUnit[] {
  if (!unit.settings.has(section, key)) return [];
  let byKey = named.get(unit);
  if (!byKey) named.set(unit, (byKey = new Map()));
  const id = `${section} ${key}`;
  let list = byKey.get(id);
  if (!list) byKey.set(id, (list = readNames(unit, unit.settings.all(section, key))));
  return list;
}

function readNames(unit: LintUnit, settings: readonly Setting[]): NamedUnit[] {
  return settings.flatMap((setting) =>
    [...setting.value.matchAll(/\S+/g)].map(({ 0: written, index }) => ({
      setting,
      written,
      start: index,
      end: index + written.length,
      name: fillIn(written.replace(/^(["'])(.*)\1$/, "$2"), unit),
    })),
  );
}

/** Whether a unit names another one in any of these directives of [Unit]. */
export function namesUnit(unit: LintUnit, keys: readonly string[], name: string): boolean {
  return keys.some((key) => unitsNamed(unit, key).some((one) => one.name === name));
}

const suffix = /\.(service|socket|timer|path|mount|automount|swap|slice|scope|target|device)$/;

/** Whether systemd takes this for the name of a unit (unit_name_is_valid()). */
export function isUnitName(text: string): boolean {
  return (
    text.length < 256 && suffix.test(text) && /^[A-Za-z0-9:_.\\@-]+$/.test(text) && !text.startsWith("@")
  );
}

/** "bot" of "bot.service", "bot@x" of "bot@x.timer". */
export function stemOf(name: string): string {
  return name.slice(0, name.lastIndexOf("."));
}

/** Fills in the specifiers of a name that follow from the unit's own (systemd.unit(5), "SPECIFIERS"). */
export function fillIn(text: string, unit: LintUnit): string | null {
  const stem = stemOf(unit.name);
  const at = stem.indexOf("@");
  const prefix = at === -1 ? stem : stem.slice(0, at);
  const instance = at === -1 ? "" : stem.slice(at + 1);
  if (!text.includes("%")) return text;
  let known = true;
  const filled = text.replace(/%(.)/g, (_, letter: string) => {
    const value = { "%": "%", n: unit.name, N: stem, p: prefix, i: instance, j: prefix.split("-").at(-1)! }[
      letter
    ];
    if (value === undefined || (unit.template && /[nNi]/.test(letter))) known = false;
    return value ?? "";
  });
  return known ? filled : null;
}

/** Targets that systemd itself brings, for the system. */
export const systemTargets: ReadonlySet<string> = new Set(
  (
    "basic bluetooth blockdev@ boot-complete cryptsetup-pre cryptsetup ctrl-alt-del default emergency exit factory-reset " +
    "final first-boot-complete getty-pre getty graphical halt hibernate hybrid-sleep initrd-fs initrd-root-device " +
    "initrd-root-fs initrd-switch-root initrd-usr-fs initrd integritysetup-pre integritysetup kexec local-fs-pre local-fs " +
    "machines multi-user network-online network-pre network nss-lookup nss-user-lookup paths poweroff printer reboot " +
    "remote-cryptsetup remote-fs-pre remote-fs remote-veritysetup rescue rpcbind runlevel0 runlevel1 runlevel2 runlevel3 " +
    "runlevel4 runlevel5 runlevel6 shutdown sigpwr sleep slices smartcard sockets soft-reboot sound ssh-access storage-target-mode " +
    "suspend-then-hibernate suspend swap sysinit system-update-pre system-update time-set time-sync timers tpm2 umount " +
    "usb-gadget veritysetup-pre veritysetup"
  )
    .split(" ")
    .map((name) => `${name}.target`),
);

/** Targets that a user's manager has. */
export const userTargets: ReadonlySet<string> = new Set(
  (
    "app background basic bluetooth default exit graphical-session-pre graphical-session paths printer session shutdown " +
    "smartcard sockets sound timers xdg-desktop-autostart"
  )
    .split(" ")
    .map((name) => `${name}.target`),
);
