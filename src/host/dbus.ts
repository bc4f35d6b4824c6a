import { connect, type Socket } from "node:net";
import { MessageSplitter, messageType, writeCall, type Message } from "./dbus-message.ts";
import type { WantedKeys } from "./dbus-wire.ts";

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
  /** Of a dictionary in the answer, only these keys; the others are not even read. */
  wanted?: WantedKeys;
};

export type Signal = {
  sender: string;
  path: string;
  interface: string;
  member: string;
  body: readonly unknown[];
};

/** One connection to a message bus. Values come in plain form: bigint for 64 bits, variants unwrapped, structs as arrays. */
export interface Bus {
  /** `T` is what the called method is documented to answer: a list with one entry for each value. */
  call<T extends readonly unknown[]>(call: BusCall): Promise<T>;
  /** `sender` is a unique name, which the bus itself fills in; anybody may send a signal to us. */
  onSignal(listener: (signal: Signal) => void, wanted?: WantedKeys): void;
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
  const trouble: string[] = [];
  for (const target of socketsOf(address)) {
    const bus = new Connection(connect(target));
    try {
      await bus.call({ ...daemon, member: "Hello", timeout });
      return bus;
    } catch (error) {
      await bus.close();
      trouble.push((error as Error).message);
    }
  }
  const message = trouble.join("; ");
  // A bus of another user hangs up in the middle of the greeting.
  const hungUp = /EPIPE|ECONNRESET|connection was closed/.test(message);
  throw new BusError("connect", hungUp ? `the bus does not let us in (${message})` : message);
}

/** D-Bus Specification, "Server Addresses": several with semicolons, to be tried in order; only unix sockets here. */
function socketsOf(address: BusAddress): { path: string }[] {
  if ("socket" in address) return [{ path: address.socket }];
  const sockets = address.busAddress.split(";").flatMap((one) => {
    const [transport = "", options = ""] = one.split(/:(.*)/s);
    const values = new Map(options.split(",").map((pair) => pair.split("=", 2) as [string, string]));
    const abstract = values.get("abstract");
    const path = values.get("path") ?? (abstract === undefined ? undefined : `\0${abstract}`);
    return transport === "unix" && path ? [{ path: decodeURIComponent(path) }] : [];
  });
  if (sockets.length === 0)
    throw new BusError("connect", `"${address.busAddress}" is not the address of a unix socket`);
  return sockets;
}

const daemon = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
};

/** Asks the bus to send the signals that match the rule (D-Bus Specification, "Match rules"). */
export async function addMatch(bus: Bus, rule: string): Promise<void> {
  await bus.call({ ...daemon, member: "AddMatch", signature: "s", body: [rule] });
}

export async function removeMatch(bus: Bus, rule: string): Promise<void> {
  await bus.call({ ...daemon, member: "RemoveMatch", signature: "s", body: [rule] });
}

/**
 * Who has a well-known name, such as ":1.0", as it is at any time; "" while nobody has it. Signals come from unique names,
 * and systemd gets another one when it is executed anew.
 */
export async function followOwner(
  bus: Bus,
  name: string,
  changed: (owner: string) => void = () => {},
): Promise<() => string> {
  let owner = "";
  bus.onSignal(({ sender, member, body }) => {
    // This sender is the bus itself, whose name nobody else can have.
    if (sender !== daemon.destination || member !== "NameOwnerChanged" || body[0] !== name) return;
    owner = String(body[2]);
    changed(owner);
  });
  const { destination, interface: by } = daemon;
  await addMatch(
    bus,
    `type='signal',sender='${destination}',interface='${by}',member='NameOwnerChanged',arg0='${name}'`,
  );
  try {
    const [now] = await bus.call<[string]>({
      ...daemon,
      member: "GetNameOwner",
      signature: "s",
      body: [name],
    });
    owner = now;
  } catch (error) {
    if (replyOf(error) !== "org.freedesktop.DBus.Error.NameHasNoOwner") throw error;
  }
  return () => owner;
}

type Waiting = {
  resolve(values: readonly unknown[]): void;
  reject(error: BusError): void;
  wanted: WantedKeys;
};

class Connection implements Bus {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  readonly #closeListeners: ((error: BusError) => void)[] = [];
  readonly #splitter = new MessageSplitter();
  readonly #inTurn = takeTurns(mostUnanswered);
  #signalListeners: { listener: (signal: Signal) => void; wanted: WantedKeys }[] = [];
  #serial = 0;
  #greeting: Buffer | null = Buffer.alloc(0);
  #trouble: Error | null = null;
  #closed: BusError | null = null;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    // The first error says why; those after it follow from it.
    socket.on("error", (error) => (this.#trouble ??= error));
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.#ended());
    // All in one go, as sd-bus does: a bus that refuses says so instead of answering (EXTERNAL: the kernel tells who we are).
    const uid = Buffer.from(String(process.getuid?.() ?? 0)).toString("hex");
    socket.write(`\0AUTH EXTERNAL ${uid}\r\nBEGIN\r\n`);
  }

  call<T extends readonly unknown[]>(call: BusCall): Promise<T> {
    return this.#inTurn(() => this.#send(call)) as Promise<unknown> as Promise<T>;
  }

  onSignal(listener: (signal: Signal) => void, wanted: WantedKeys = null): void {
    this.#signalListeners.push({ listener, wanted });
  }

  onClose(listener: (error: BusError) => void): void {
    if (this.#closed) listener(this.#closed);
    else this.#closeListeners.push(listener);
  }

  /** destroy and not end: no answer is awaited any more, and a bus that hangs must not hang us. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#closed) return resolve();
      this.#closeListeners.push(() => resolve());
      this.#socket.destroy();
    });
  }

  #send(call: BusCall): Promise<readonly unknown[]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(this.#closed);
      const { timeout = defaultTimeout, signature = "", body = [], wanted = null } = call;
      const serial = ++this.#serial;
      const timer = setTimeout(() => {
        this.#waiting.delete(serial);
        reject(new BusError("timeout", `no answer to ${call.member} after ${timeout / 1000} s`));
      }, timeout);
      const done =
        <V>(settle: (value: V) => void) =>
        (value: V): void => {
          clearTimeout(timer);
          settle(value);
        };
      this.#waiting.set(serial, { resolve: done(resolve), reject: done(reject), wanted });
      const { destination, path, member } = call;
      this.#socket.write(
        writeCall({ serial, destination, path, interface: call.interface, member, signature, body }),
      );
    });
  }

  #read(chunk: Buffer): void {
    try {
      const rest = this.#greeting === null ? chunk : this.#greet(chunk);
      if (rest) for (const message of this.#splitter.add(rest)) this.#take(message);
    } catch (error) {
      this.#trouble ??= error as Error;
      this.#socket.destroy();
    }
  }

  /** The bus answers "OK <guid>" to the mechanism, or "REJECTED <mechanisms>"; after that, both sides send messages. */
  #greet(chunk: Buffer): Buffer | null {
    const greeting = Buffer.concat([this.#greeting!, chunk]);
    const end = greeting.indexOf("\r\n");
    if (end === -1 && greeting.length < 4096) {
      this.#greeting = greeting;
      return null;
    }
    const line = greeting.toString("latin1", 0, Math.max(end, 0));
    if (!line.startsWith("OK "))
      throw new Error(`the bus does not let us in (it answers ${JSON.stringify(line)})`);
    this.#greeting = null;
    return greeting.subarray(end + 2);
  }

  #take(message: Message): void {
    if (message.type === messageType.signal) return this.#signal(message);
    const waiting = this.#waiting.get(message.replySerial);
    if (!waiting) return;
    this.#waiting.delete(message.replySerial);
    if (message.type === messageType.reply)
      waiting.resolve(message.body.values(message.signature, waiting.wanted));
    else {
      const [text] = message.signature.startsWith("s") ? message.body.values(message.signature) : [];
      const says = typeof text === "string" ? text : message.errorName;
      waiting.reject(new BusError("reply", says, message.errorName));
    }
  }

  #signal(message: Message): void {
    const { sender, path, member, signature, body } = message;
    const start = body.at;
    for (const { listener, wanted } of this.#signalListeners) {
      body.at = start;
      listener({ sender, path, interface: message.interface, member, body: body.values(signature, wanted) });
    }
  }

  #ended(): void {
    if (this.#closed) return;
    const message = this.#trouble?.message ?? "the connection was closed";
    this.#closed = new BusError("closed", message, "", { cause: this.#trouble });
    for (const waiting of this.#waiting.values()) waiting.reject(this.#closed);
    this.#waiting.clear();
    for (const listener of this.#closeListeners) listener(this.#closed);
  }
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
