import type { Command } from "commander";
import { HoldfastError } from "../report/diagnostic.ts";
import type { GlobalOptions, Session } from "./session.ts";

/** Runs a command in a session and turns what it throws into words. The session, too, loads only when a command runs. */
export async function inSession(
  command: Command,
  work: (session: Session) => Promise<number>,
  json = false,
): Promise<void> {
  const { Session } = await import("./session.ts");
  const options = command.optsWithGlobals<GlobalOptions>();
  const session = new Session(json ? { ...options, json } : options);
  try {
    process.exitCode = await work(session);
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    session.out.diagnose(error.diagnostics);
    if (session.out.json) session.out.result({ ok: false }, "");
    process.exitCode = error.exitCode;
  } finally {
    await session.close().catch(() => {});
  }
}
