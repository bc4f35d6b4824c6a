import type { Supervision } from "../compile/watch-rule.ts";
import type { Diagnostic } from "../report/diagnostic.ts";
import type { Scope } from "../host/host.ts";
import type { UnitName } from "../value/unit-name.ts";
import type { DirectiveChange } from "./directive-change.ts";
import type { DirectoryState } from "./host-state.ts";
import type { ReadyGate } from "../spec/defaults.ts";

/** One act on the host. Plain data: saved, printed, compared. A secret is never in it; credentials are named by path. */
export type Step =
  | {
      kind: "write-file";
      path: string;
      mode: number;
      before: string | null;
      beforeMode: number | null;
      after: string;
      /** Directories that have to be made for it, outermost first. */
      makes: readonly string[];
    }
  | {
      kind: "remove-file";
      path: string;
      before: string;
      beforeMode: number | null;
      /** Its directory, when that is the application's own and goes with its last file. */
      ownDirectory: string | null;
    }
  /** Keeps a file of other hands beside its place, under a name that nothing reads, and puts ours there if there is one. */
  | {
      kind: "take-over";
      unit: UnitName;
      path: string;
      kept: string;
      hash: string;
      after: string | null;
      mode: number | null;
    }
  /** Puts a kept file back in the place of ours, or of nothing. */
  | {
      kind: "give-back";
      unit: UnitName;
      path: string;
      kept: string;
      before: string | null;
      beforeMode: number | null;
    }
  | {
      kind: "make-account";
      user: string;
      file: string;
      existed: boolean;
      /** Groups that come with it. */
      newGroups: readonly string[];
      /** Where its services write: an account that owns something is not taken back. */
      mayOwn: readonly string[];
    }
  | {
      kind: "make-directories";
      file: string;
      /** Those that do not exist yet, outermost first. */
      paths: readonly string[];
      /** Owner and mode of those that do. */
      before: Readonly<Record<string, DirectoryState>>;
    }
  | {
      kind: "encrypt-credential";
      id: string;
      source: string;
      path: string;
      /** The service that it is for. */
      unit: UnitName;
      existed: boolean;
      makes: readonly string[];
    }
  | { kind: "remove-credential"; path: string; unit: UnitName }
  /** An AppArmor profile, from its file into the kernel. `existed`: an earlier one of ours was there. */
  | { kind: "load-profile"; path: string; existed: boolean }
  | { kind: "unload-profile"; path: string }
  | {
      kind: "try-program";
      unit: UnitName;
      service: string;
      /** Directories that systemd makes for it and leaves. */
      mayMake: readonly string[];
    }
  /** A persistent timer counts from its stamp: a fresh one keeps it from making up for slots that were never its own. */
  | { kind: "touch-stamp"; timer: UnitName; path: string; existed: boolean; makes: readonly string[] }
  | { kind: "check-timer"; timer: UnitName }
  | { kind: "reload-manager" }
  | { kind: "restart-journal"; namespace: string }
  | { kind: "read-back"; units: readonly UnitName[] }
  | { kind: "enable"; unit: UnitName; before: string }
  | { kind: "disable"; unit: UnitName; before: string }
  | { kind: "stop"; unit: UnitName; because: string }
  | { kind: "start" | "restart"; unit: UnitName; because: string; mayMake: readonly string[] }
  | { kind: "wait-ready"; unit: UnitName; service: string; gate: ReadyGate };

/** `run` names the run that went on before the change (its InvocationID), "" when any is as good; null when it did not run. */
export type UnitBefore = { unit: UnitName; run: string | null };

/** How a changed unit takes effect. */
export type Effect = "live" | "reload" | "restart" | "start" | "stop" | "none";

/** What happens to one file, as shown to people. */
export type FileChange = {
  action: "add" | "change" | "remove" | "keep";
  path: string;
  unit?: UnitName;
  /** Directives that differ; empty for files that are not made of directives. */
  directives: readonly DirectiveChange[];
  effect: Effect;
  /** "restart, about 2 s down" and the like. */
  consequence: string;
  /** Files of other hands that it takes the place of; they are kept. */
  takesOver?: readonly string[];
  /** What it takes the place of says the same to systemd. */
  asItWas?: true;
  /** The file of a package that it hides. */
  hides?: string;
  /** Files that come back to their places. */
  givesBack?: readonly string[];
};

export type Plan = {
  version: 1;
  app: string;
  scope: Scope;
  environment: string | null;
  purpose: "apply" | "rollback" | "remove";
  /** Numbers of the generations it leads from and to; null before the first and after removal. */
  from: number | null;
  to: number | null;
  /** Who will watch, when that is new or another than before; null when it stays, or nothing is left to be watched. */
  supervision: Supervision | null;
  /** The channels by which people will be told, when they are others than before; empty when no one will be told. */
  telling: readonly string[] | null;
  /** The plan holds for this spec and this state of the host, and no other. */
  basedOn: {
    spec: string;
    host: string;
    /** Hash of what the spec says, whatever its layout. Not in generations of before. */
    says?: string;
  };
  changes: readonly FileChange[];
  steps: readonly Step[];
  /** The application's units as they were, in the order in which they start: where undo leads back to. */
  units: readonly UnitBefore[];
  /** What the host cannot give, and drift that will be put right: warnings. Errors: why it cannot be applied. */
  diagnostics: readonly Diagnostic[];
};

/** Nothing is done on the host. There may still be something to record: see isEmptyPlan. */
export function changesNothing(plan: Plan): boolean {
  return plan.steps.length === 0;
}

/** Nothing is done on the host, and the generation in force says the same. */
export function isEmptyPlan(plan: Plan): boolean {
  return changesNothing(plan) && plan.from === plan.to;
}

/** Whether two plans do the same to the same host. In which run a service is makes no difference. */
export function isSamePlan(one: Plan, other: Plan): boolean {
  const essence = (plan: Plan): string => JSON.stringify([plan.basedOn, plan.steps]);
  return essence(one) === essence(other);
}
