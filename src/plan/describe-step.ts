import { basename } from "node:path";
import type { Step } from "./plan.ts";
import type { UndoStep } from "./undo.ts";

/** A step as a sentence without a subject, for progress and for "Done:" lists. */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case "write-file":
      return `write ${step.path}`;
    case "remove-file":
      return `remove ${step.path}`;
    case "take-over":
      return `take over ${step.path}, which is kept`;
    case "give-back":
      return `put ${step.path} back as it was before it was taken over`;
    case "make-account":
      return step.existed ? `check the account ${step.user}` : `make the account ${step.user}`;
    case "make-directories":
      return step.paths.length === 0
        ? "set owners and modes of the written directories"
        : `make ${step.paths.join(", ")}`;
    case "encrypt-credential":
      return `encrypt the secret ${step.id} for this host`;
    case "remove-credential":
      return `remove the encrypted copy ${step.path}`;
    case "load-profile":
      return `load the AppArmor profile ${basename(step.path)}`;
    case "unload-profile":
      return `unload the AppArmor profile ${basename(step.path)}`;
    case "try-program":
      return `try the program of ${step.service} in its sandbox`;
    case "touch-stamp":
      return `mark ${step.timer} as up to date, so that it makes up for nothing`;
    case "check-timer":
      return `read back when ${step.timer} elapses next`;
    case "reload-manager":
      return "reload systemd";
    case "restart-journal":
      return `restart the application's own journal (${step.namespace})`;
    case "read-back":
      return `read back what is in force for ${step.units.join(", ")}`;
    case "enable":
      return `enable ${step.unit} at boot`;
    case "disable":
      return `disable ${step.unit} at boot`;
    case "stop":
      return `stop ${step.unit}`;
    case "start":
      return `start ${step.unit}`;
    case "restart":
      return `restart ${step.unit}`;
    case "wait-ready":
      return `wait until ${step.service} is ready`;
  }
}

export function describeUndo(step: UndoStep): string {
  switch (step.kind) {
    case "remove-tries":
      return "what tried the programs removed";
    case "stop":
      return `${step.unit} stopped`;
    case "disable":
      return `${step.unit} no longer starts at boot`;
    case "restore-file":
      return step.content === null ? `${step.path} removed` : `${step.path} as it was`;
    case "undo-take-over":
    case "undo-give-back":
      return `${step.path} as it was`;
    case "restore-kept":
      return step.existed ? `${step.path} as it was` : `${step.path} removed`;
    case "enable":
      return `${step.unit} starts at boot again`;
    case "load-profile":
      return `AppArmor profile ${basename(step.path)} loaded as it was`;
    case "unload-profile":
      return `AppArmor profile ${basename(step.path)} unloaded`;
    case "reload-manager":
      return "systemd reloaded";
    case "restart-journal":
      return "the application's own journal restarted";
    case "stop-unless-same-run":
      return `${step.unit} stopped`;
    case "run-as-before":
      return `${step.unit} restarted as it was`;
    case "forget-failures":
      return "failures of this change forgotten";
    case "restore-directory":
      return `${step.path} with its owner and mode as they were`;
    case "remove-empty-directory":
      return `${step.path} removed`;
    case "remove-account":
      return step.user === null ? `group ${step.groups.join(", ")} removed` : `account ${step.user} removed`;
  }
}
