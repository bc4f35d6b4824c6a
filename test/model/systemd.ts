import { basename, dirname, join } from "node:path";
import type {
  JobResult,
  Properties,
  PropertyValue,
  Systemd,
  UnitFileChange,
  UnitSummary,
} from "../../src/host/host.ts";
import { unitName, type UnitName } from "../../src/value/unit-name.ts";
import type { ModelFiles } from "./files.ts";

type Loaded = {
  /** The file as it was when systemd read it; null for one that has none. */
  text: string | null;
  active: "active" | "inactive" | "failed";
  /** What it was started with: its text then, and its secrets. */
  running: string | null;
  invocation: number;
};

const unitDirectories = ["/etc/systemd/system", "/run/systemd/system"];
const wants = "/etc/systemd/system/multi-user.target.wants";

/** As much of systemd as a change can see: what is on disk, what is loaded, and what runs are three different things. */
export class ModelSystemd implements Systemd {
  units = new Map<string, Loaded>();
  /** Files of other hands that change a unit. */
  dropIns = new Map<string, string[]>();
  /** Jobs that were asked for by somebody who is gone, and that systemd has not come to yet. */
  queued: { verb: "start" | "stop" | "restart"; unit: UnitName }[] = [];
  readonly #files: ModelFiles;
  #invocations = 0;

  constructor(files: ModelFiles) {
    this.#files = files;
  }

  async version(): Promise<string> {
    return "252 (model)";
  }

  async managerProperties(): Promise<Properties> {
    return {};
  }

  async properties(unit: UnitName, names: readonly string[]): Promise<Properties> {
    const all = await this.allProperties(unit);
    return Object.fromEntries(names.flatMap((name) => (name in all ? [[name, all[name]!]] : [])));
  }

  async allProperties(unit: UnitName): Promise<Properties> {
    const path = this.#pathOf(unit);
    const loaded = this.units.get(unit) ?? { ...idle, text: this.#unitText(path) };
    const command = /^ExecStart=(.*)$/m.exec(loaded.text ?? "")?.[1]?.split(" ") ?? [];
    const found: Record<string, PropertyValue> = {
      ActiveState: loaded.active,
      SubState: loaded.active === "active" ? "running" : "dead",
      LoadState: loaded.text === null ? "not-found" : "loaded",
      FragmentPath: loaded.text === null ? "" : (path ?? ""),
      DropInPaths: [...(this.dropIns.get(unit) ?? []), ...this.#dropInsAt(path)],
      UnitFileState: await this.unitFileState(unit),
      NeedDaemonReload: loaded.text !== this.#unitText(path),
      InvocationID: loaded.active === "active" ? [loaded.invocation] : [],
      Job: this.queued.some((job) => job.unit === unit) ? [1, "/job/1"] : [0, "/"],
      ...(unit.endsWith(".timer") && loaded.active === "active" ? { NextElapseUSecRealtime: 1n } : {}),
      NRestarts: 0,
      Result: "success",
      ExecMainCode: 1,
      ExecMainStatus: 0,
      ExecStart: [[command[0] ?? "", command]],
    };
    return found;
  }

  async unitFileState(unit: UnitName): Promise<string> {
    if (this.#pathOf(unit) === null) return "";
    return this.#files.entries.has(join(wants, unit)) ? "enabled" : "disabled";
  }

  async listUnits(patterns: readonly string[]): Promise<readonly UnitSummary[]> {
    const wanted = patterns.map((pattern) => new RegExp(`^${pattern.replaceAll("*", ".*")}$`));
    return [...this.units.keys()]
      .filter((name) => wanted.some((p) => p.test(name)))
      .map((name) => this.#summary(name));
  }

  async unitStates(names: readonly UnitName[]): Promise<readonly UnitSummary[]> {
    return names.map((name) => this.#summary(name));
  }

  async reload(): Promise<void> {
    for (const [name, unit] of this.units) {
      const path = this.#pathOf(name);
      unit.text = this.#unitText(path);
      if (unit.active === "inactive") this.units.delete(name);
    }
  }

  async start(unit: UnitName): Promise<JobResult> {
    this.#replaceJob(unit);
    const loaded = this.#load(unit);
    if (loaded.text === null && !unit.endsWith(".slice")) throw new Error(`Unit ${unit} not found.`);
    if (loaded.active === "active") return "done";
    const slice = /^Slice=(.*)$/m.exec(loaded.text ?? "")?.[1];
    if (slice !== undefined) Object.assign(this.#load(slice), { active: "active", running: "" });
    for (const [, name] of (loaded.text ?? "").matchAll(/^StateDirectory=(.*)$/gm))
      await this.#files.makeDirectory(`/var/lib/${name}`, 0o755);
    const secrets = [...(loaded.text ?? "").matchAll(/^LoadCredentialEncrypted=[^:]*:(.*)$/gm)].map(
      ([, path]) => this.#textAt(path!) ?? "none",
    );
    this.#invocations += 1;
    Object.assign(loaded, {
      active: "active",
      running: `${loaded.text} with ${secrets.join(" ")}`,
      invocation: this.#invocations,
    });
    return "done";
  }

  async stop(unit: UnitName): Promise<JobResult> {
    this.#replaceJob(unit);
    const loaded = this.units.get(unit);
    if (!loaded) return "done";
    if (loaded.active === "active") Object.assign(loaded, { active: "inactive", running: null });
    this.#forget(unit);
    return "done";
  }

  async restart(unit: UnitName): Promise<JobResult> {
    const { text, active } = this.#load(unit);
    if (active === "active" && text !== null) await this.#stopOnly(unit);
    return this.start(unit);
  }

  async reloadUnit(): Promise<JobResult> {
    return "done";
  }

  async resetFailed(unit: UnitName): Promise<void> {
    const loaded = this.units.get(unit);
    if (loaded?.active === "failed") loaded.active = "inactive";
    this.#forget(unit);
  }

  async kill(): Promise<void> {}

  async enable(unit: UnitName): Promise<readonly UnitFileChange[]> {
    const path = this.#pathOf(unit);
    if (path === null) throw new Error(`Unit file ${unit} does not exist.`);
    await this.#files.makeDirectory(wants, 0o755);
    this.#files.symlink(join(wants, unit), path);
    return [{ type: "symlink", path: join(wants, unit), target: path }];
  }

  async disable(unit: UnitName): Promise<readonly UnitFileChange[]> {
    if (!this.#files.entries.has(join(wants, unit))) return [];
    this.#files.entries.delete(join(wants, unit));
    if ((await this.#files.list(wants)).length === 0) this.#files.entries.delete(wants);
    return [{ type: "unlink", path: join(wants, unit), target: "" }];
  }

  async close(): Promise<void> {}

  /** systemd comes to what a command that is gone had asked for. */
  async runQueued(): Promise<void> {
    for (const { verb, unit } of this.queued.splice(0)) await this[verb](unit).catch(() => {});
  }

  /** Nothing runs any more, and then what is enabled does, from the files as they are. */
  async boot(): Promise<void> {
    this.units.clear();
    this.queued = [];
    for (const name of await this.#files.list(wants)) await this.start(unitName(name)).catch(() => {});
  }

  /** What is loaded and runs. Units that do nothing are loaded or not as it happens. */
  dump(): Record<string, unknown> {
    return Object.fromEntries(
      [...this.units]
        .filter(([, unit]) => unit.active !== "inactive")
        .map(([name, { text, active, running }]) => [name, { text, active, running }] as const)
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  }

  copy(files: ModelFiles): ModelSystemd {
    const copy = new ModelSystemd(files);
    copy.units = structuredClone(this.units);
    copy.queued = structuredClone(this.queued);
    copy.dropIns = structuredClone(this.dropIns);
    copy.#invocations = this.#invocations;
    return copy;
  }

  #load(unit: string): Loaded {
    const known = this.units.get(unit);
    if (known) return known;
    const path = this.#pathOf(unit);
    const fresh: Loaded = { ...idle, text: this.#unitText(path) };
    this.units.set(unit, fresh);
    return fresh;
  }

  async #stopOnly(unit: UnitName): Promise<void> {
    Object.assign(this.units.get(unit)!, { active: "inactive", running: null });
  }

  #forget(unit: string): void {
    if (this.units.get(unit)?.active === "inactive") this.units.delete(unit);
  }

  #replaceJob(unit: UnitName): void {
    this.queued = this.queued.filter((job) => job.unit !== unit);
  }

  #summary(name: string): UnitSummary {
    const path = this.#pathOf(name);
    const unit = this.units.get(name);
    const load = (unit ? unit.text : path) === null ? "not-found" : "loaded";
    return { name, load, active: unit?.active ?? "inactive", sub: "" };
  }

  #pathOf(unit: string): string | null {
    for (const directory of unitDirectories)
      if (this.#files.entries.get(join(directory, unit))?.kind === "file") return join(directory, unit);
    return null;
  }

  /** As systemd has a unit: its file and what drop-ins beside it add. */
  #unitText(path: string | null): string | null {
    const text = path === null ? null : this.#textAt(path);
    return text === null ? null : [text, ...this.#dropInsAt(path).map((one) => this.#textAt(one))].join("");
  }

  #dropInsAt(path: string | null): string[] {
    if (path === null) return [];
    return [...this.#files.entries.keys()]
      .filter((other) => dirname(other) === `${path}.d` && other.endsWith(".conf"))
      .toSorted();
  }

  #textAt(path: string): string | null {
    const entry = this.#files.entries.get(join(dirname(path), basename(path)));
    return entry?.kind === "file" ? entry.inode.content : null;
  }
}

const idle: Loaded = { text: null, active: "inactive", running: null, invocation: 0 };
