import { readBoot } from "../agent/boot.ts";
import { carryByProgram } from "../agent/carrier.ts";
import { checkOnce } from "../agent/check-once.ts";
import { Memory } from "../agent/memory.ts";
import { rulesDirectory } from "../agent/rules.ts";
import { sayToJournal } from "../agent/say.ts";
import { join } from "node:path";
import type { Scope } from "../host/host.ts";
import { openLocalHost } from "../host/local.ts";
import { stateDirectory } from "../store/open-store.ts";

/**
 * holdfast check APP: started by a timer where no agent runs. Looks once, heals, and says in a line for each service what was
 * found. It loads nothing but this, because it runs once a minute. Exit code 1: it could not look.
 */
export async function runCheck(asked: readonly string[]): Promise<number> {
  const scope: Scope = asked.includes("--user") ? "user" : "system";
  const [, app = ""] = asked.filter((word) => word !== "--user");
  const say = sayToJournal;
  const host = await openLocalHost(scope);
  if (!host.mayChange) {
    say(3, `Cannot check "${app}": only root may change system services. Fix: sudo holdfast check ${app}`);
    return 1;
  }
  const memory = new Memory(scope, say);
  const end = new AbortController();
  try {
    const checked = await checkOnce(
      {
        host,
        stateDirectory: stateDirectory(scope),
        memory,
        say,
        now: Date.now,
        carry: carryByProgram(join(__dirname, "..", "bin", "holdfast"), scope, say),
        who: "check",
        rulesDirectory: rulesDirectory(scope),
        boot: readBoot(),
        signal: end.signal,
      },
      app,
    );
    if (checked === null) {
      say(3, `Cannot check "${app}": there are no rules in ${rulesDirectory(scope)}/${app}.json`);
      return 1;
    }
    for (const { service, health, done } of checked)
      process.stdout.write(`${service} ${health.overall}${done === null ? "" : ` (${done})`}\n`);
    return 0;
  } finally {
    end.abort();
    memory.close();
    await host.close();
  }
}
