import type { Path } from "./tree.ts";

/** ["services", "bot", "limits", "memory"] -> `limits.memory of service "bot"`, as a person would say it. */
export function describePath(path: Path): string {
  if (path.length === 0) return "the spec";
  const kind = { services: "service", jobs: "job" }[String(path[0])];
  if (kind === undefined || path.length === 1) return dotted(path);
  const whose = `${kind} "${path[1]}"`;
  return path.length === 2 ? whose : `${dotted(path.slice(2))} of ${whose}`;
}

function dotted(path: Path): string {
  return path
    .map((step) => (typeof step === "number" ? `[${step}]` : step))
    .join(".")
    .replaceAll(".[", "[");
}
