import { randomBytes } from "node:crypto";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { Notifier } from "../../src/notifier/notifier.ts";
import { together } from "../../src/store/open-store.ts";
import { openChannel } from "../../src/tell/channels/open-channel.ts";
import { tellStore } from "../../src/tell/teller.ts";
import type { TellFile } from "../../src/compile/tell-rule.ts";

// A notifier that is killed (SIGKILL) before or after its so many-th statement of SQL, counted from its first claim.

const [path = "", wakeFile = "", fileText = "", kill = "0", when = "before"] = process.argv.slice(2);
const file = JSON.parse(fileText) as TellFile;
const database = new DatabaseSync(path);
database.exec("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");

let counting = false;
let counted = 0;
function statement<T>(sql: string | null, work: () => T): T {
  if (sql?.includes("SET lease_until = ?, attempts")) counting = true;
  if (!counting || Number(kill) === 0) return work();
  counted += 1;
  const due = counted === Number(kill);
  if (due && when === "before") process.kill(process.pid, "SIGKILL");
  const result = work();
  if (due) process.kill(process.pid, "SIGKILL");
  return result;
}

const { exec } = DatabaseSync.prototype as unknown as { exec: (this: DatabaseSync, sql: string) => void };
DatabaseSync.prototype.exec = function (sql: string) {
  return statement(sql, () => exec.call(this, sql));
};
for (const name of ["run", "get", "all"] as const) {
  const original = StatementSync.prototype[name] as (...values: unknown[]) => unknown;
  (StatementSync.prototype as unknown as Record<string, unknown>)[name] = function (
    this: StatementSync,
    ...values: unknown[]
  ) {
    return statement(this.sourceSQL, () => original.apply(this, values));
  };
}

const store = tellStore(database);
const stop = new AbortController();
const telling = () => ({
  store,
  file,
  now: Date.now(),
  random: () => randomBytes(13).toString("hex"),
  wake: () => {},
});
const idle = setInterval(() => {
  if (store.outbox.pendingCount(file.app) === 0) stop.abort();
}, 50);
await new Notifier({
  telling,
  together: (work) => together(database, work),
  open: ({ settings }) =>
    openChannel(
      settings,
      () => {
        throw new Error("no secret is needed");
      },
      { now: Date.now },
    ),
  voice: async () => ({ host: "test", mask: (text) => text }),
  say: (level, text) => process.stderr.write(`<${level}>${text}\n`),
  chance: Math.random,
  wakeFile,
  look: () => {},
  nextLook: () => null,
  after: async () => {},
  isOutdated: () => false,
  signal: stop.signal,
}).run();
clearInterval(idle);
process.exit(0);
