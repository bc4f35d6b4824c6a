import { setTimeout as pause } from "node:timers/promises";
import { unitObjectPath, type UnitName } from "../value/unit-name.ts";
import { addMatch, followOwner, openBus, removeMatch, type Bus, type BusAddress } from "./dbus.ts";
import type { Properties } from "./host.ts";
import { manager } from "./systemd-jobs.ts";

export type UnitListener = {
  /** A unit was read, or systemd told that it has changed. All wanted properties, in the order in which things happened. */
  changed(unit: UnitName, properties: Properties): void;
  /** Whether systemd can be heard. After "there" every unit is read afresh, because what happened meanwhile was not told. */
  bus(state: "there" | "away", why: string): void;
};

/** dbus-daemon(1) takes 512 rules of a connection (max_match_rules_per_connection); above this, one rule for all units. */
const mostRules = 400;
const shortestPause = 100;
const longestPause = 5000;

/**
 * Follows units by the signals of systemd (org.freedesktop.systemd1(5), "Signals"): no question is asked while nothing
 * happens. A bus that goes away is waited for; systemd's own re-execution is noticed, too.
 */
export class UnitSignals {
  readonly #address: () => BusAddress;
  readonly #wanted: ReadonlySet<string>;
  readonly #listener: UnitListener;
  readonly #units = new Map<UnitName, Known>();
  #byPath = new Map<string, UnitName>();
  #bus: Bus | null = null;
  #rules = new Set<string>();
  #closed = new AbortController();
  #changes: Promise<void> = Promise.resolve();
  #wait = shortestPause;

  /** `wanted`: names of properties that signals carry; everything else is forgotten as it comes. */
  constructor(address: () => BusAddress, wanted: Iterable<string>, listener: UnitListener) {
    this.#address = address;
    this.#wanted = new Set(wanted);
    this.#listener = listener;
    void this.#stayConnected();
  }

  get isConnected(): boolean {
    return this.#bus !== null;
  }

  /** Which units are followed from now on; new ones are read. */
  watch(units: Iterable<UnitName>): void {
    const names = new Set(units);
    for (const name of this.#units.keys()) if (!names.has(name)) this.#units.delete(name);
    const added = [...names].filter((name) => !this.#units.has(name));
    for (const name of added) this.#units.set(name, { properties: {}, seen: 0 });
    this.#byPath = new Map([...names].map((name) => [unitObjectPath(name), name]));
    const bus = this.#bus;
    if (bus) this.#inTurn(bus, () => this.#follow(bus, added));
  }

  /** Reads these units again. */
  refresh(units: readonly UnitName[]): void {
    const bus = this.#bus;
    if (bus) this.#inTurn(bus, () => this.#read(bus, units));
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#bus?.close();
  }

  async #stayConnected(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      let bus: Bus | null = null;
      try {
        bus = await openBus(this.#address());
        const ended = new Promise<Error>((resolve) => bus!.onClose(resolve));
        await this.#begin(bus);
        const error = await ended;
        this.#bus = null;
        if (!signal.aborted) this.#listener.bus("away", error.message);
      } catch (error) {
        this.#bus = null;
        await bus?.close();
        if (!signal.aborted) this.#listener.bus("away", (error as Error).message);
      }
      await pause(this.#wait, undefined, { signal }).catch(() => {});
      this.#wait = Math.min(this.#wait * 2, longestPause);
    }
  }

  async #begin(bus: Bus): Promise<void> {
    this.#rules = new Set();
    const systemd = await followOwner(bus, manager.destination, (owner) => {
      // systemd was executed anew, and what happened meanwhile was not told.
      if (owner === "") return;
      this.#inTurn(bus, async () => {
        await bus.call({ ...manager, member: "Subscribe" });
        await this.#read(bus, [...this.#units.keys()]);
      });
    });
    bus.onSignal(({ sender, path, member, body }) => {
      if (sender === systemd()) this.#signal(path, member, body);
    }, this.#wanted);
    await addMatch(bus, reloadRule);
    this.#bus = bus;
    this.#inTurn(bus, async () => {
      await bus.call({ ...manager, member: "Subscribe" });
      await this.#follow(bus, [...this.#units.keys()]);
      this.#wait = shortestPause;
      this.#listener.bus("there", "");
    });
  }

  /** One at a time, so that a later change of the rules is made after an earlier one. */
  #inTurn(bus: Bus, work: () => Promise<void>): void {
    this.#changes = this.#changes
      .then(() => (this.#bus === bus ? work() : undefined))
      // Whatever was refused: connected anew, everything is asked for again.
      .catch(() => bus.close());
  }

  async #follow(bus: Bus, fresh: readonly UnitName[]): Promise<void> {
    const wanted = new Set(
      this.#byPath.size > mostRules ? [everyUnitRule] : [...this.#byPath.keys()].map(unitRule),
    );
    await Promise.all(
      [...wanted].filter((rule) => !this.#rules.has(rule)).map((rule) => addMatch(bus, rule)),
    );
    await this.#read(bus, fresh);
    await Promise.all(
      [...this.#rules].filter((rule) => !wanted.has(rule)).map((rule) => removeMatch(bus, rule)),
    );
    this.#rules = wanted;
  }

  async #read(bus: Bus, units: readonly UnitName[]): Promise<void> {
    await Promise.all(units.map((unit) => this.#readOne(bus, unit)));
  }

  /** An answer is older than a signal that came while it was awaited: then the question is asked again. */
  async #readOne(bus: Bus, unit: UnitName): Promise<void> {
    for (let tries = 0; tries < 10; tries++) {
      const known = this.#units.get(unit);
      if (!known) return;
      const { seen } = known;
      const properties = await this.#ask(bus, unit);
      if (known.seen !== seen) continue;
      known.properties = properties;
      return this.#listener.changed(unit, properties);
    }
  }

  async #ask(bus: Bus, unit: UnitName): Promise<Properties> {
    const [found] = await bus.call<[Properties]>({
      destination: manager.destination,
      path: unitObjectPath(unit),
      interface: "org.freedesktop.DBus.Properties",
      member: "GetAll",
      signature: "s",
      // systemd's D-Bus library takes an empty interface for all of them (sd_bus_add_object_vtable(3)).
      body: [""],
      // A unit has 300 properties: what is not wanted is not even read.
      wanted: this.#wanted,
    });
    return found;
  }

  #signal(path: string, member: string, body: readonly unknown[]): void {
    if (member === "PropertiesChanged") {
      const unit = this.#byPath.get(path);
      if (unit !== undefined) this.#merge(unit, body[1] as Properties);
    } else if (member === "Reloading" && body[0] === false) this.refresh([...this.#units.keys()]);
  }

  #merge(unit: UnitName, changed: Properties): void {
    const known = this.#units.get(unit)!;
    known.seen++;
    known.properties = { ...known.properties, ...changed };
    this.#listener.changed(unit, known.properties);
  }
}

type Known = { properties: Properties; seen: number };

const sender = `type='signal',sender='${manager.destination}'`;
const changes = "interface='org.freedesktop.DBus.Properties',member='PropertiesChanged'";
const unitRule = (path: string): string => `${sender},path='${path}',${changes}`;
const everyUnitRule = `${sender},path_namespace='/org/freedesktop/systemd1/unit',${changes}`;
const reloadRule = `${sender},path='${manager.path}',interface='${manager.interface}',member='Reloading'`;
