import type { FailedCommand } from "./failed-command.ts";

/** "start-limit-hit" says that systemd gave up, and not why each start failed: that is how the last process ended. */
export function startLimitHides(command: FailedCommand): FailedCommand {
  const { result, code, status } = command.ending;
  if (result !== "start-limit-hit" || code === "" || (code === "exited" && status === 0)) return command;
  return { ...command, ending: { result: code === "exited" ? "exit-code" : "signal", code, status } };
}
