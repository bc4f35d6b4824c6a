import type { Path } from "./tree.ts";

/** ["services", "bot", "limits", "memory"] -> `limits.memory of service "bot"`, as a person would say it. */
export function describePath(path: Path): string {
  if (path.length === 0) return "the spec";
  if (path[0] !== "services" || path.length === 1) return dotted(path);
  const service = `service "${path[1]}"`;
  return path.length === 2 ? service : `${dotted(path.slice(2))} of ${service}`;
}

function dotted(path: Path): string {
  return path
    .map((step) => (typeof step === "number" ? `[${step}]` : step))
    .join(".")
    .replaceAll(".[", "[");
}
