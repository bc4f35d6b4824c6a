import type { Host, Systemd } from "../../src/host/host.ts";
import type { Changes } from "../../src/store/changes.ts";
import type { ModelHost } from "./host.ts";

/** How a call is cut short: it never happens, half of it does, all of it does, or systemd does it when the caller is gone. */
export const ways = ["before", "halfway", "after", "later"] as const;
export type Way = (typeof ways)[number];

export type Cut = {
  host: Host;
  changes: Changes;
  /** Resolves at the cut; nothing that the cut command goes on to do has any effect. */
  reached: Promise<string>;
  /** Calls that could have been cut so far, by what they do. */
  calls: string[];
  /** A call of another record. */
  write<T>(name: string, act: () => T): T;
};

/** The host and record of a command that dies at its `at`th changing call. From then on its calls never come back. */
export function cutAt(inner: ModelHost, record: Changes, at: number, way: Way): Cut {
  const calls: string[] = [];
  let reach: (call: string) => void = () => {};
  const reached = new Promise<string>((resolve) => (reach = resolve));
  let dead = false;
  const never = new Promise<never>(() => {});

  const call = async <T>(
    name: string,
    act: () => Promise<T>,
    half?: () => unknown,
    later?: () => unknown,
  ): Promise<T> => {
    if (dead) return never;
    calls.push(name);
    if (calls.length !== at) return act();
    dead = true;
    if (way === "after") await act();
    if (way === "halfway") await half?.();
    if (way === "later") await later?.();
    reach(name);
    return never;
  };
  const ask = async <T>(act: () => Promise<T>): Promise<T> => (dead ? never : act());
  const write = <T>(name: string, act: () => T): T => {
    if (dead) throw new Error("dead");
    calls.push(name);
    if (calls.length !== at) return act();
    dead = true;
    if (way === "after") act();
    reach(name);
    throw new Error("dead");
  };

  const { files, systemd } = inner;
  const job = (verb: "start" | "stop" | "restart") => (unit: Parameters<Systemd["start"]>[0]) =>
    call(
      `${verb} ${unit}`,
      () => systemd[verb](unit),
      undefined,
      () => systemd.queued.push({ verb, unit }),
    );
  const host: Host = {
    ...inner,
    files: {
      read: (path) => ask(() => files.read(path)),
      stat: (path) => ask(() => files.stat(path)),
      list: (path) => ask(() => files.list(path)),
      realPath: (path) => ask(() => files.realPath(path)),
      readLink: (path) => ask(() => files.readLink(path)),
      free: () => ask(() => files.free()),
      write: (path, content, options) =>
        call(
          `write ${path}`,
          () => files.write(path, content, options),
          () => files.writeTemporary(path, content, options),
        ),
      rename: (from, to) => call(`rename ${from}`, () => files.rename(from, to)),
      link: (from, to) => call(`link ${from}`, () => files.link(from, to)),
      remove: (path) => call(`remove ${path}`, () => files.remove(path)),
      removeTree: (path) => call(`remove tree ${path}`, () => files.removeTree(path)),
      makeDirectory: (path, mode) => call(`make directory ${path}`, () => files.makeDirectory(path, mode)),
    },
    systemd: {
      version: () => ask(() => systemd.version()),
      managerProperties: () => ask(() => systemd.managerProperties()),
      properties: (unit, names) => ask(() => systemd.properties(unit, names)),
      allProperties: (unit) => ask(() => systemd.allProperties(unit)),
      unitFileState: (unit) => ask(() => systemd.unitFileState(unit)),
      listUnits: (patterns) => ask(() => systemd.listUnits(patterns)),
      unitStates: (units) => ask(() => systemd.unitStates(units)),
      reload: () => call("reload", () => systemd.reload()),
      start: job("start"),
      stop: job("stop"),
      restart: job("restart"),
      reloadUnit: () => ask(() => systemd.reloadUnit()),
      resetFailed: (unit) => call(`reset ${unit}`, () => systemd.resetFailed(unit)),
      kill: () => ask(() => systemd.kill()),
      enable: (unit) => call(`enable ${unit}`, () => systemd.enable(unit)),
      disable: (unit) => call(`disable ${unit}`, () => systemd.disable(unit)),
      close: async () => {},
    },
    run: (argv) => call(`run ${argv.join(" ")}`, () => inner.run(argv)),
  };
  const changes = {
    begin: (...values: Parameters<Changes["begin"]>) =>
      write("record the change", () => record.begin(...values)),
    beginStep: (id: number, index: number) =>
      write(`record step ${index + 1}`, () => record.beginStep(id, index)),
    commit: (id: number) => write("record the commit", () => record.commit(id)),
    finish: (id: number, now: Date) => write("record the end", () => record.finish(id, now)),
    closeUndone: (...values: Parameters<Changes["closeUndone"]>) =>
      write("record the undo", () => record.closeUndone(...values)),
    open: (app: string) => record.open(app),
    untidy: (app: string) => record.untidy(app),
  } as unknown as Changes;
  return { host, changes, reached, calls, write };
}
