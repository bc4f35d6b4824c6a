import type { Key } from "../../init/write-keys.ts";
import { takeAccount } from "./account.ts";
import { takeCommands } from "./command.ts";
import { takeDependencies } from "./dependencies.ts";
import type { InForce } from "./in-force.ts";
import { takeLifecycle } from "./lifecycle.ts";
import { takeSurroundings } from "./surroundings.ts";
import { Taking, type Named } from "./taking.ts";
import { takeTimer } from "./timer.ts";
import type { FoundUnit } from "./unit-files.ts";

/** A unit that is to become a service or a job, with its timer. */
export type Source = {
  unit: FoundUnit;
  force: InForce;
  timer: { unit: FoundUnit; force: InForce } | null;
  kind: "service" | "job";
  /** Name in the spec. */
  name: string;
};

export type DraftOptions = {
  userScope: boolean;
  zone: string;
  /** The directory of the application. */
  directory: string;
  /** What %h stands for; null when it is not known. */
  home: string | null;
  /** Does it start at boot, as the host has it? As the unit would be by itself, when nobody knows. */
  enabled: boolean | null;
  /** The same of its timer. */
  timerEnabled: boolean | null;
};

/** What a unit becomes, and which keys say which directives. */
export type Draft = {
  keys: readonly Key[];
  claims: ReadonlyMap<string, readonly Named[]>;
};

const kept = "it behaves as before; without this line it gets what services of Holdfast have";

/** Makes the keys of one service or job; those that the spec has refused before stay directives. */
export function draftProgram(
  source: Source,
  refused: ReadonlyMap<string, string>,
  options: DraftOptions,
): Draft {
  const { unit, force, kind, timer } = source;
  const taking = new Taking(unit, force, refused);
  taking.keys.push({ key: ["unit"], value: unit.name, why: "it keeps its name" });
  taking.keys.push({ key: ["defaults"], value: "systemd", why: kept });
  takeCommands(taking, kind, options.home);
  takeAccount(taking, options);
  takeDirectory(taking, options);
  takeLifecycle(taking, kind);
  takeSurroundings(taking);
  takeDependencies(taking);
  takeInstall(taking, kind, options);
  const ofTimer =
    timer === null
      ? null
      : takeTimer(timer.unit, timer.force, refused, {
          zone: options.zone,
          job: unit.name,
          isArmed: options.timerEnabled ?? true,
        });
  return {
    keys: inOrder([
      ...taking.keys,
      ...(ofTimer?.keys ?? []),
      ...taking.rest({ Unit: "Unit", Service: "Service", Install: "Install" }),
    ]),
    claims: new Map([...taking.claims, ...(ofTimer?.claims ?? [])]),
  };
}

function takeDirectory(taking: Taking, { directory, userScope }: DraftOptions): void {
  const name: Named = ["Service", "WorkingDirectory"];
  const written = taking.value(name);
  if (written === directory && !(written === "/" && userScope)) taking.drop(name);
  if (written === null && directory !== "/")
    taking.keys.push({
      key: ["systemd", "Service", "WorkingDirectory"],
      value: userScope ? "~" : "/",
      why: "it names none, so it runs in the usual one",
    });
}

/** Services start at boot with the usual target; anything else is said. */
function takeInstall(taking: Taking, kind: "service" | "job", { userScope, enabled }: DraftOptions): void {
  const install = taking.everything.get("Install");
  if (kind === "job") return;
  const has = install !== undefined && install.size > 0;
  const isEnabled = enabled ?? has;
  const usual = userScope ? "default.target" : "multi-user.target";
  if (has && isEnabled && install.size === 1 && taking.value(["Install", "WantedBy"]) === usual) {
    if (taking.left(["Install", "WantedBy"]).length === 1) taking.drop(["Install", "WantedBy"]);
  }
  if (!isEnabled)
    taking.keys.push({
      key: ["enable"],
      value: false,
      why: has ? "it does not start at boot on this host" : "it has no [Install]: something else starts it",
    });
  if (!has) taking.keys.push({ key: ["start"], value: false, why: "whatever starts it goes on doing so" });
}

const last = ["enable", "start", "systemd"];

/** Keys that began together stand together, those below systemd: at the end. */
function inOrder(keys: readonly Key[]): Key[] {
  const place = ({ key }: Key): number => last.indexOf(key[0]!);
  return keys.toSorted((a, b) => place(a) - place(b));
}
