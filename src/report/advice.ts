const command = /\b(?:sudo )?holdfast (?=[a-z])/g;

/** Advice as it has to be typed: user services are reached with --user, and need no sudo. */
export function adviceFor(scope: "system" | "user", text: string): string {
  return scope === "user" ? text.replace(command, "holdfast --user ") : text;
}
