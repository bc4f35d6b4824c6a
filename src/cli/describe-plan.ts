import { basename } from "node:path";
import type { Because } from "../compile/artifact.ts";
import { keptPath } from "../plan/foreign-unit.ts";
import { changesNothing, isEmptyPlan, type FileChange, type Plan, type Step } from "../plan/plan.ts";
import type { Style } from "../report/style.ts";
import { supervisionWords } from "./describe-supervision.ts";

const symbols = { add: "+", change: "~", remove: "-", keep: " " } as const;

/** The plan for people: one line a file with its consequence, one line a directive that changes. */
export function describePlan(plan: Plan, style: Style): string {
  const name = plan.environment === null ? plan.app : `${plan.app} (${plan.environment})`;
  if (isEmptyPlan(plan)) {
    const at = plan.from === null ? "" : `: generation ${plan.from} is in force`;
    return [`Nothing to change for ${name}${at}.`, ...stayingLines(plan)].join("\n");
  }
  if (changesNothing(plan)) {
    const what =
      plan.to === null ? "it is recorded as removed" : `what is new is recorded as generation ${plan.to}`;
    return [`Plan for ${name}: nothing changes on the host; ${what}.`, ...stayingLines(plan)].join("\n");
  }
  const changed = plan.changes.filter((change) => change.action !== "keep" || change.effect !== "none");
  const count = (action: FileChange["action"]) =>
    plan.changes.filter((change) => change.action === action).length;
  const lines = [
    `Plan for ${name}: ${count("add")} to add, ${count("change")} to change, ${count("remove")} to remove`,
  ];
  for (const change of changed) lines.push(...describeChange(change, style));
  lines.push(...plan.steps.flatMap((step) => describeBesides(step, plan)));
  if (plan.supervision !== null) lines.push(`  ! watched by ${supervisionWords[plan.supervision]}`);
  if (plan.telling) lines.push(`  ! ${describeTelling(plan.telling)}`);
  return [...lines, ...stayingLines(plan)].join("\n");
}

function describeTelling(channels: readonly string[]): string {
  return channels.length === 0
    ? "no one will be told when something goes wrong (see: holdfast explain notify)"
    : `people are told by ${channels.join(", ")}`;
}

/** What a step does that no line about a file tells. */
function describeBesides(step: Step, plan: Plan): string[] {
  const written = (path: string): boolean =>
    plan.changes.some((change) => change.path === path && change.action !== "keep");
  switch (step.kind) {
    case "enable":
      return [`  ! ${step.unit}  starts at boot`];
    case "disable":
      return [`  ! ${step.unit}  no longer starts at boot`];
    case "encrypt-credential":
      return [`  + secret ${step.id}  encrypted for this host from ${step.source}`];
    case "remove-credential":
      return [`  - ${step.path}  the encrypted copy of a secret`];
    case "make-account":
      return written(step.file) ? [] : [`  + account ${step.user}  it is gone from the host`];
    case "make-directories":
      return written(step.file) ? [] : step.paths.map((path) => `  + ${path}  it is gone from the host`);
    case "reload-manager":
      return plan.changes.some((change) => change.unit !== undefined && change.action !== "keep")
        ? []
        : ["  ! systemd reads its files again"];
    default:
      return [];
  }
}

/** Unchanged services that stay stopped because somebody stopped them: they explain why nothing starts. */
function stayingLines(plan: Plan): string[] {
  return plan.changes
    .filter(({ action, consequence }) => action === "keep" && consequence.startsWith("stays stopped"))
    .map((change) => `  ! ${change.unit}  ${change.consequence}`);
}

function describeChange(change: FileChange, style: Style): string[] {
  const paint = { add: style.good, change: style.warn, remove: style.bad, keep: style.warn }[change.action];
  const symbol = change.action === "keep" ? "!" : symbols[change.action];
  const head = `  ${paint(symbol)} ${change.unit ?? change.path}${change.consequence === "" ? "" : `  ${style.dim(change.consequence)}`}`;
  const details = change.directives.map((d) => {
    const text =
      d.before === null
        ? `${d.key}=${oneLine(d.after!)} (new)`
        : d.after === null
          ? `${d.key}=${oneLine(d.before)} (gone)`
          : `${d.key}: ${oneLine(d.before)} -> ${oneLine(d.after)}`;
    return `      ${text}${d.because ? style.dim(`  ${describeBecause(d.because)}`) : ""}`;
  });
  const { takesOver = [], hides, givesBack = [] } = change;
  return [
    head,
    ...takesOver.map((path) => `      takes over ${path} (kept as ${basename(keptPath(path))})`),
    ...(hides === undefined ? [] : [`      hides ${hides}, which stays`]),
    ...givesBack.map((path) => `      gives back ${path} as it was before it was taken over`),
    ...details,
  ];
}

function oneLine(value: string): string {
  return value === "" ? "(empty)" : value.replaceAll("\n", " | ");
}

export function describeBecause(because: Because): string {
  return "at" in because ? `${because.at.file}:${because.at.line}` : because.rule;
}
