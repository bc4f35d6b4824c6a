import { replyOf, type Bus } from "./dbus.ts";
import type { Properties, PropertyValue } from "./host.ts";
import { manager } from "./systemd-jobs.ts";

/** Above this many names, one GetAll is cheaper than a Get for each. */
const manyNames = 6;

const propertiesInterface = "org.freedesktop.DBus.Properties";
/** systemd's D-Bus library takes an empty interface for all of them (sd_bus_add_object_vtable(3)). */
const everyInterface = "";

/** A name that is not there is left out of the answer. */
export async function readProperties(
  bus: Bus,
  path: string,
  names: readonly string[],
  interfaceOf: (name: string) => string,
): Promise<Properties> {
  if (names.length <= manyNames) {
    // All sent before the first answer is awaited: one round trip.
    const values = await Promise.all(names.map((name) => get(bus, path, interfaceOf(name), name)));
    const found = names.map((name, index) => [name, values[index]] as const);
    return Object.fromEntries(
      found.filter((entry): entry is [string, PropertyValue] => entry[1] !== undefined),
    );
  }
  const interfaces = new Set(names.map(interfaceOf));
  const [only = everyInterface] = interfaces;
  const all = await getAll(bus, path, interfaces.size === 1 ? only : everyInterface, new Set(names));
  return Object.fromEntries(
    names.filter((name) => Object.hasOwn(all, name)).map((name) => [name, all[name]!]),
  );
}

/** Everything of the object, of its unit's type too. */
export function readAllProperties(bus: Bus, path: string): Promise<Properties> {
  return getAll(bus, path, everyInterface);
}

async function get(bus: Bus, path: string, on: string, name: string): Promise<PropertyValue | undefined> {
  const message = { destination: manager.destination, path, interface: propertiesInterface, member: "Get" };
  try {
    const [value] = await bus.call<[PropertyValue]>({ ...message, signature: "ss", body: [on, name] });
    return value;
  } catch (error) {
    if (replyOf(error) === "org.freedesktop.DBus.Error.UnknownProperty") return undefined;
    throw error;
  }
}

/** A unit has 300 properties: those that are not wanted are not even read. null: all. */
async function getAll(
  bus: Bus,
  path: string,
  on: string,
  wanted: ReadonlySet<string> | null = null,
): Promise<Properties> {
  const message = {
    destination: manager.destination,
    path,
    interface: propertiesInterface,
    member: "GetAll",
  };
  const [all] = await bus.call<[Properties]>({ ...message, signature: "s", body: [on], wanted });
  return all;
}
