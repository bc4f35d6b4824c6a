import { unitObjectPath, type UnitName } from "../value/unit-name.ts";
import { BusError, openBus, replyOf, type Bus, type BusAddress } from "./dbus.ts";
import type {
  JobOptions,
  JobResult,
  Properties,
  Scope,
  Systemd,
  UnitFileChange,
  UnitSummary,
} from "./host.ts";
import { describeBusError } from "./systemd-error.ts";
import { JobWatch, manager } from "./systemd-jobs.ts";
import { readAllProperties, readProperties } from "./read-properties.ts";
import { isUnitProperty, typeInterface, unitInterface } from "./unit-interface.ts";

const defaultJobTimeout = 5 * 60_000;
/** systemctl(1) gives a reload of the manager more time than other calls too: generators run in it. */
const reloadTimeout = 3 * 60_000;

type Connection = { bus: Bus; jobs: Promise<JobWatch> | null };

/** systemd by its D-Bus API. Connects at the first call, and again at the next call after the connection was lost. */
export class DbusSystemd implements Systemd {
  readonly #scope: Scope;
  readonly #address: () => BusAddress;
  #connection: Promise<Connection> | null = null;
  #closed = false;

  constructor(scope: Scope, address: () => BusAddress) {
    this.#scope = scope;
    this.#address = address;
  }

  async version(): Promise<string> {
    const { Version: version } = await this.managerProperties(["Version"]);
    return typeof version === "string" ? version : "";
  }

  async managerProperties(names: readonly string[]): Promise<Properties> {
    return this.#try("read the properties of systemd", ({ bus }) =>
      readProperties(bus, manager.path, names, () => manager.interface),
    );
  }

  /** A name that this systemd does not have is left out of the answer. */
  async properties(unit: UnitName, names: readonly string[]): Promise<Properties> {
    const own = typeInterface(unit);
    return this.#try(`read the properties of ${unit}`, ({ bus }) =>
      readProperties(bus, unitObjectPath(unit), names, (name) =>
        isUnitProperty(name) ? unitInterface : own,
      ),
    );
  }

  async allProperties(unit: UnitName): Promise<Properties> {
    return this.#try(`read the properties of ${unit}`, ({ bus }) =>
      readAllProperties(bus, unitObjectPath(unit)),
    );
  }

  async unitFileState(unit: UnitName): Promise<string> {
    return this.#try(`read the state of ${unit}`, async ({ bus }) => {
      try {
        const [state] = await callManager<[string]>(bus, "GetUnitFileState", "s", [unit]);
        return state;
      } catch (error) {
        if (replyOf(error) === "org.freedesktop.DBus.Error.FileNotFound") return "";
        throw error;
      }
    });
  }

  async listUnits(patterns: readonly string[]): Promise<readonly UnitSummary[]> {
    return this.#try("list units", async ({ bus }) => {
      const [units] = await callManager<[string[][]]>(bus, "ListUnitsByPatterns", "asas", [[], patterns]);
      return units.map(unitSummary);
    });
  }

  async unitStates(names: readonly UnitName[]): Promise<readonly UnitSummary[]> {
    return this.#try("read the states of units", async ({ bus }) => {
      const [units] = await callManager<[string[][]]>(bus, "ListUnitsByNames", "as", [names]);
      return units.map(unitSummary);
    });
  }

  async reload(): Promise<void> {
    await this.#try("reload systemd", ({ bus }) => callManager(bus, "Reload", "", [], reloadTimeout));
  }

  async start(unit: UnitName, options: JobOptions = {}): Promise<JobResult> {
    return this.#job("start", "StartUnit", unit, options);
  }

  async stop(unit: UnitName, options: JobOptions = {}): Promise<JobResult> {
    return this.#job("stop", "StopUnit", unit, options);
  }

  async restart(unit: UnitName, options: JobOptions = {}): Promise<JobResult> {
    return this.#job("restart", "RestartUnit", unit, options);
  }

  async reloadUnit(unit: UnitName, options: JobOptions = {}): Promise<JobResult> {
    return this.#job("reload", "ReloadUnit", unit, options);
  }

  async resetFailed(unit: UnitName): Promise<void> {
    await this.#try(`reset the failed state of ${unit}`, async ({ bus }) => {
      try {
        await callManager(bus, "ResetFailedUnit", "s", [unit]);
      } catch (error) {
        // A unit that is not loaded has neither a failed state nor a counter.
        if (replyOf(error) !== "org.freedesktop.systemd1.NoSuchUnit") throw error;
      }
    });
  }

  async kill(unit: UnitName, signal: number, whom: "main" | "all"): Promise<void> {
    await this.#try(`send signal ${signal} to ${unit}`, ({ bus }) =>
      callManager(bus, "KillUnit", "ssi", [unit, whom, signal]),
    );
  }

  /** Only the links: a reload() must follow before systemd knows about them. */
  async enable(unit: UnitName): Promise<readonly UnitFileChange[]> {
    return this.#try(`enable ${unit}`, async ({ bus }) => {
      const [, changes] = await callManager<[boolean, Change[]]>(bus, "EnableUnitFiles", "asbb", [
        [unit],
        false,
        false,
      ]);
      return unitFileChanges(changes);
    });
  }

  async disable(unit: UnitName): Promise<readonly UnitFileChange[]> {
    return this.#try(`disable ${unit}`, async ({ bus }) => {
      const [changes] = await callManager<[Change[]]>(bus, "DisableUnitFiles", "asb", [[unit], false]);
      return unitFileChanges(changes);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const connection = await this.#connection?.catch(() => null);
    await connection?.bus.close();
  }

  #job(verb: string, member: string, unit: UnitName, options: JobOptions): Promise<JobResult> {
    return this.#try(`${verb} ${unit}`, async (connection) => {
      connection.jobs ??= JobWatch.open(connection.bus);
      return (await connection.jobs).run(member, unit, options.timeout ?? defaultJobTimeout);
    });
  }

  async #try<T>(task: string, action: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      return await action(await this.#connect());
    } catch (error) {
      throw describeBusError(error, task, this.#scope);
    }
  }

  #connect(): Promise<Connection> {
    if (this.#closed) throw new Error("This connection to systemd was closed by us");
    this.#connection ??= this.#open();
    return this.#connection;
  }

  async #open(): Promise<Connection> {
    try {
      const bus = await openBus(this.#address());
      bus.onClose(() => (this.#connection = null));
      return { bus, jobs: null };
    } catch (error) {
      this.#connection = null;
      throw error;
    }
  }
}

/** Where the bus of a scope is. User scope needs what pam_systemd(8) puts into the environment of a login. */
export function busAddress(scope: Scope, env: NodeJS.ProcessEnv = process.env): BusAddress {
  if (scope === "system") return { socket: "/run/dbus/system_bus_socket" };
  if (env["DBUS_SESSION_BUS_ADDRESS"]) return { busAddress: env["DBUS_SESSION_BUS_ADDRESS"] };
  if (env["XDG_RUNTIME_DIR"]) return { socket: `${env["XDG_RUNTIME_DIR"]}/bus` };
  throw new BusError("connect", "neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set");
}

function callManager<T extends readonly unknown[]>(
  bus: Bus,
  member: string,
  signature: string,
  body: readonly unknown[],
  timeout?: number,
): Promise<T> {
  return bus.call<T>({
    ...manager,
    member,
    ...(signature === "" ? {} : { signature, body }),
    ...(timeout === undefined ? {} : { timeout }),
  });
}

type Change = [type: string, path: string, target: string];

function unitFileChanges(changes: readonly Change[]): UnitFileChange[] {
  return changes.map(([type, path, target]) => ({ type, path, target }));
}

function unitSummary([name = "", , load = "", active = "", sub = ""]: readonly string[]): UnitSummary {
  return { name, load, active, sub };
}
