import type { Host } from "../../src/host/host.ts";
import { ModelFiles } from "./files.ts";
import { runModelProgram, type Accounts } from "./programs.ts";
import { ModelSystemd } from "./systemd.ts";

/** A host in memory. It can be copied and compared, so that every way for a change to be cut short can be tried on it. */
export type ModelHost = Host & {
  readonly files: ModelFiles;
  readonly systemd: ModelSystemd;
  readonly accounts: Accounts;
  copy(): ModelHost;
  /** Everything ends, and the host boots again with the same files. */
  powerCut(): Promise<void>;
  /** Equal when the hosts are. */
  dump(): object;
};

export function makeModelHost(
  files = new ModelFiles(),
  systemd = new ModelSystemd(files),
  accounts: Accounts = { users: new Map([["root", 0]]), groups: new Map([["root", 0]]) },
): ModelHost {
  return {
    scope: "system",
    mayChange: true,
    files,
    systemd,
    accounts,
    run: (argv, options) => runModelProgram(argv, files, accounts, options?.stdin),
    close: async () => {},
    copy() {
      const copied = files.copy();
      return makeModelHost(copied, systemd.copy(copied), structuredClone(accounts));
    },
    async powerCut() {
      await files.removeTree("/run");
      await files.makeDirectory("/run/systemd/system", 0o755);
      await systemd.boot();
    },
    dump: () => ({ files: files.dump(), units: systemd.dump(), accounts }),
  };
}
