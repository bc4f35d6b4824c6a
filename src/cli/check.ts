import { readBoot } from "../agent/boot.ts";
import { carryByProgram } from "../agent/carrier.ts";
import { checkOnce } from "../agent/check-once.ts";
import { Memory } from "../agent/memory.ts";
import { rulesDirectory } from "../agent/rules.ts";
import { sayToJournal } from "../agent/say.ts";
import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import { holdfastProgram, type Session } from "./session.ts";

/** holdfast check APP: started by a timer where no agent runs. Looks once, heals, and says in a line what was found. */
export async function runCheckCommand(session: Session, app: string): Promise<number> {
  await session.assertMayChange(`check "${app}"`, `check ${app}`);
  const host = await session.host();
  const say = sayToJournal;
  const memory = new Memory(session.scope, say);
  const end = new AbortController();
  try {
    const checked = await checkOnce(
      {
        host,
        stateDirectory: session.stateDirectory,
        memory,
        say,
        now: Date.now,
        carry: carryByProgram(holdfastProgram(), session.scope, say),
        who: "check",
        rulesDirectory: rulesDirectory(session.scope),
        boot: readBoot(),
        signal: end.signal,
      },
      app,
    );
    if (checked === null)
      throw new HoldfastError(
        { severity: "error", code: "usage/unknown-app", summary: `"${app}" has no rules to be checked by` },
        exitCode.usage,
      );
    const lines = checked.map(
      ({ service, health, done }) => `${service} ${health.overall}${done === null ? "" : ` (${done})`}`,
    );
    session.out.result({ services: checked }, lines.join("\n"));
    return exitCode.done;
  } finally {
    end.abort();
    memory.close();
  }
}
