import type { Command } from "commander";

/** Verbs for running services: they go through systemd and are recorded as what somebody decided. */
export function addOperateCommands(_program: Command): void {}
