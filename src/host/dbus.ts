import type { ConnectionOptions, MessageBus } from "dbus-native";

/** A D-Bus call that did not give a value. */
export class BusError extends Error {
  /** The error name of the reply, such as "org.freedesktop.systemd1.NoSuchUnit"; "" when no reply came. */
  readonly reply: string;
  readonly kind: "reply" | "timeout" | "closed" | "connect";

  constructor(kind: BusError["kind"], message: string, reply = "", options?: ErrorOptions) {
    super(message, options);
    this.name = "BusError";
    this.kind = kind;
    this.reply = reply;
  }
}

/** The D-Bus name of an error, "" for all that is no error reply. */
export function replyOf(error: unknown): string {
  return error instanceof BusError ? error.reply : "";
}

export type BusCall = {
  destination: string;
  path: string;
  interface: string;
  member: string;
  signature?: string;
  body?: readonly unknown[];
  /** Milliseconds. */
  timeout?: number;
};

/** One connection to a message bus. Values come in plain form: bigint for 64 bits, variants unwrapped, structs as arrays. */
export interface Bus {
  /** `T` is what the called method is documented to answer: a list with one entry for each value. */
  call<T extends readonly unknown[]>(call: BusCall): Promise<T>;
  onSignal(path: string, name: string, member: string, listener: (body: readonly unknown[]) => void): void;
  /** Called once when the connection ends, whoever ended it. */
  onClose(listener: (error: BusError) => void): void;
  close(): Promise<void>;
}

/** libdbus, GDBus and sd-bus all wait this long. */
const defaultTimeout = 25_000;

/** dbus-daemon(1) refuses a call when 128 others (max_replies_per_connection) wait for their answers. */
const mostUnanswered = 64;

/** A socket path, or a D-Bus address as in $DBUS_SESSION_BUS_ADDRESS. */
export type BusAddress = { socket: string } | { busAddress: string };

/** Connects and says Hello, all within the time that one call may take. */
export async function openBus(address: BusAddress, timeout = defaultTimeout): Promise<Bus> {
  // Loaded here, because a command that never talks to systemd should not pay for it.
  const { default: dbus } = await import("dbus-native");
  const options: ConnectionOptions & { timeout: number } = {
    ...address,
    // Only the mechanism that every local bus has; the library's others open key files of the user.
    authMethods: ["EXTERNAL"],
    // Byte arrays as numbers, so that all values are plain.
    ayBuffer: false,
    // We say Hello ourselves: the library throws out of an event handler when it fails.
    direct: true,
    timeout: defaultTimeout,
  };
  let client: MessageBus;
  try {
    client = dbus.createClient(options);
  } catch (error) {
    throw cannotConnect(error);
  }
  const bus = wrap(client);
  try {
    await bus.call({ ...daemon, member: "Hello", timeout });
  } catch (error) {
    await bus.close();
    throw cannotConnect(error);
  }
  return bus;
}

const daemon = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
};

/** Asks the bus to send the signals that match the rule (D-Bus specification, "Match rules"). */
export async function addMatch(bus: Bus, rule: string): Promise<void> {
  await bus.call({ ...daemon, member: "AddMatch", signature: "s", body: [rule] });
}

function wrap(client: MessageBus): Bus {
  const { connection } = client;
  let trouble: Error | undefined;
  let closed: BusError | undefined;
  const closeListeners: ((error: BusError) => void)[] = [];
  // Without a listener, an error of the socket would end the process.
  connection.on("error", (error: Error) => {
    // The first says why; those after it are what follows from it.
    trouble ??= error;
    connection.stream.destroy();
  });
  connection.on("end", () => connection.stream.destroy());
  connection.on("close", () => {
    if (closed) return;
    closed = new BusError("closed", trouble?.message ?? "the connection was closed", "", { cause: trouble });
    for (const listener of closeListeners) listener(closed);
  });
  const send = <T extends readonly unknown[]>(call: BusCall): Promise<T> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(closed);
      const { timeout = defaultTimeout, body, ...message } = call;
      const done = (error: Error | null, ...values: unknown[]): void =>
        error ? reject(toBusError(error, trouble)) : resolve(values as readonly unknown[] as T);
      client.invoke({ ...message, ...(body ? { body: [...body] } : {}) }, { timeout }, done);
    });
  const inTurn = takeTurns(mostUnanswered);
  return {
    call: (call) => inTurn(() => send(call)),
    onSignal(path, name, member, listener) {
      client.signals.on(client.mangle(path, name, member), listener);
    },
    onClose(listener) {
      closeListeners.push(listener);
    },
    // destroy and not end: no answer is awaited any more, and a bus that hangs must not hang us.
    close: () =>
      new Promise((resolve) => {
        if (closed) return resolve();
        closeListeners.push(() => resolve());
        connection.stream.destroy();
      }),
  };
}

/** Runs actions in order, so many at a time. */
function takeTurns(most: number): <T>(action: () => Promise<T>) => Promise<T> {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (action) => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await action();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}

function cannotConnect(error: unknown): BusError {
  const message = error instanceof Error ? error.message : String(error);
  // A bus of another user hangs up in the middle of the greeting.
  const hungUp = /EPIPE|ECONNRESET|connection was closed/.test(message);
  return new BusError("connect", hungUp ? `the bus does not let us in (${message})` : message, "", {
    cause: error,
  });
}

type LibraryError = Error & { code?: string; dbusName?: string };

function toBusError(error: LibraryError, trouble: Error | undefined): BusError {
  const { message, code, dbusName } = error;
  if (code === "ETIMEDOUT") return new BusError("timeout", message, "", { cause: error });
  if (code === "ECONNCLOSED") {
    return new BusError("closed", trouble?.message ?? "the connection was closed", "", { cause: error });
  }
  return new BusError("reply", message, dbusName ?? "", { cause: error });
}
