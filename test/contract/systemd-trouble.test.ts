import { connect, createServer, type Server, type Socket } from "node:net";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openBus } from "../../src/host/dbus.ts";
import { busAddress, DbusSystemd } from "../../src/host/dbus-systemd.ts";
import { run } from "../../src/host/run.ts";
import { unitName } from "../../src/value/unit-name.ts";
import { checkout, sharedHost, story } from "../story/story.ts";
import { busOf, systemdOf, troubleOf } from "./bus-of.ts";

sharedHost({
  setUp: async ({ host }) => {
    const slow = "[Service]\nType=oneshot\nExecStart=/bin/sleep 600\n";
    await host.write("/etc/systemd/system/slow.service", slow);
    await using systemd = systemdOf(host);
    await systemd.reload();
  },
});

let directory: string;
const servers: { server: Server; sockets: Set<Socket> }[] = [];
beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), "holdfast-bus-"))));
afterAll(() => rm(directory, { recursive: true }));
afterEach(() => {
  for (const { server, sockets } of servers.splice(0)) {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
});

/** A socket that treats each client as it is told, and can drop them all. */
async function listen(serve: (client: Socket) => void): Promise<{ path: string; drop: () => void }> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    sockets.add(client.on("error", () => {}));
    serve(client);
  });
  servers.push({ server, sockets });
  const path = join(directory, `bus-${servers.length}-${process.hrtime.bigint()}`);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return { path, drop: () => sockets.forEach((socket) => socket.destroy()) };
}

story(
  "a connection that is lost in the middle is said, and made again by the next call",
  {},
  async ({ host }) => {
    const relay = await listen((client) =>
      client.pipe(connect(busOf(host)).on("error", () => {})).pipe(client),
    );
    const systemd = new DbusSystemd("system", () => ({ socket: relay.path }));
    const before = await systemd.version();
    const start = troubleOf(systemd.start(unitName("slow.service")));
    await host.run(["sh", "-c", "until systemctl list-jobs | grep -q slow; do sleep 0.05; done"]);
    const read = troubleOf(systemd.properties(unitName("slow.service"), ["Id"]));
    relay.drop();
    expect(await start).toMatchObject({ code: "host/connection-lost", exitCode: 10 });
    expect((await start).summary).toMatch(/^Cannot start slow\.service: the connection to systemd was lost/);
    expect(await read).toMatchObject({ code: "host/connection-lost" });
    expect(await systemd.version()).toBe(before);
    expect(await systemd.stop(unitName("slow.service"))).toBe("done");
    await systemd.close();
  },
);

story("an ordinary user may read, and is told how to change", {}, async ({ host }) => {
  const script = `
    const { openLocalHost } = await import("${checkout}/src/host/local.ts");
    const host = await openLocalHost("system");
    const read = await host.systemd.properties("slow.service", ["LoadState"]);
    const trouble = await host.systemd.start("slow.service").catch((error) => error.diagnostics[0]);
    console.log(JSON.stringify({ mayChange: host.mayChange, read, code: trouble.code, fix: trouble.fix }));
    await host.close();`;
  const node = [process.execPath, "--input-type=module", "-e", script];
  const { stdout, stderr } = await host.run(node, { user: "nobody" });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    mayChange: false,
    read: { LoadState: "loaded" },
    code: "host/not-permitted",
    fix: "run it with sudo",
  });
});

story("a process ends by itself once its host is closed", {}, async ({ host }) => {
  const script = `
    const { openLocalHost } = await import("${checkout}/src/host/local.ts");
    const host = await openLocalHost("system", { busPath: "${busOf(host)}" });
    await host.systemd.restart("dbus-org.freedesktop.login1.service").catch(() => {});
    await host.systemd.version();
    await host.close();
    process.on("exit", () => console.log("ended", process.getActiveResourcesInfo().length));`;
  const { stdout, stderr } = await run([process.execPath, "--input-type=module", "-e", script], {
    timeout: 100_000,
  });
  expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^ended/), stderr: "" });
});

test("no bus, or a socket that is none, is no systemd", async () => {
  const refusing = await listen((client) => client.end("REJECTED\r\n"));
  const closing = await listen((client) => client.destroy());
  const talking = await listen((client) => client.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const sockets = ["/nowhere/bus", directory, "/etc/passwd", refusing.path, closing.path, talking.path];
  for (const socket of sockets) {
    const systemd = new DbusSystemd("system", () => ({ socket }));
    const trouble = await troubleOf(systemd.version());
    expect(trouble).toMatchObject({
      code: "host/no-systemd",
      exitCode: 10,
      fix: expect.stringContaining("PID 1"),
    });
    expect(trouble.summary).toMatch(/^Cannot reach systemd: ./);
    await systemd.close();
  }
});

test("a bus that does not answer is given up", async () => {
  const silent = await listen(() => {});
  await expect(openBus({ socket: silent.path }, 100)).rejects.toMatchObject({ kind: "connect" });
});

test("an address that the environment has wrong is said", async () => {
  for (const busAddress of ["nonsense", "unix:nothing=here", "tcp:host=localhost,port=1"]) {
    const systemd = new DbusSystemd("user", () => ({ busAddress }));
    const trouble = await troubleOf(systemd.version());
    expect(trouble).toMatchObject({ code: "host/no-systemd", fix: expect.stringContaining("enable-linger") });
  }
});

test("the bus of a user is where the session says, or in the runtime directory", () => {
  const session = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/x", XDG_RUNTIME_DIR: "/run/user/5" };
  expect(busAddress("user", session)).toEqual({ busAddress: "unix:path=/x" });
  expect(busAddress("user", { XDG_RUNTIME_DIR: "/run/user/5" })).toEqual({ socket: "/run/user/5/bus" });
  expect(() => busAddress("user", {})).toThrow("XDG_RUNTIME_DIR");
  expect(busAddress("system", session)).toEqual({ socket: "/run/dbus/system_bus_socket" });
});
