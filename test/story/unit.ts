import type { NamespaceHost } from "../../src/host/throwaway/throwaway.ts";
import { waitUntil } from "./wait.ts";

/** One unit as the systemd inside sees it; a state is "active", "failed" or with its detail "active/running". */
export type UnitView = {
  readonly name: string;
  show(property: string): Promise<string>;
  /** Is so now. */
  is(state: string): Promise<void>;
  /** Becomes so. */
  waitFor(state: string, options?: { timeout?: number }): Promise<void>;
  /** Its messages of this boot, one per line. */
  journal(): Promise<string>;
};

export function unitView(host: NamespaceHost, name: string): UnitView {
  const show = async (property: string): Promise<string> => {
    const { stdout } = await host.run(["systemctl", "show", "--value", `--property=${property}`, "--", name]);
    return stdout.trimEnd();
  };
  const state = async (): Promise<string> => {
    const { stdout } = await host.run(["systemctl", "show", "--property=ActiveState,SubState", "--", name]);
    const [, active = "?", sub = "?"] = /ActiveState=(.*)\nSubState=(.*)/.exec(stdout) ?? [];
    return `${active}/${sub}`;
  };
  const matches = (actual: string, wanted: string): boolean =>
    actual === wanted || actual.split("/")[0] === wanted;
  return {
    name,
    show,
    async is(wanted) {
      const actual = await state();
      if (!matches(actual, wanted)) throw new Error(`${name} should be ${wanted}; it is ${actual}`);
    },
    async waitFor(wanted, options = {}) {
      await waitUntil(`${name} is ${wanted}`, state, {
        ...options,
        accept: (actual) => matches(actual, wanted),
      });
    },
    async journal() {
      const { stdout } = await host.run(["journalctl", "-b", "-o", "cat", "--no-pager", `--unit=${name}`]);
      return stdout;
    },
  };
}
