import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunOptions, RunResult } from "../../host.ts";
import { run } from "../../run.ts";
import { asUser, environmentOf, findUser, gatherOutput, type EnterOptions } from "../enter.ts";
import { writeInside } from "../inside.ts";
import { until } from "../until.ts";
import { doorSocket } from "./qemu.ts";

/**
 * The way into a virtual machine without a network: ssh(1) over a serial port, on which sshd(8) answers. One connection per boot
 * carries every program that is run there, and the system bus.
 */
export class Door {
  readonly #directory: string;
  #master: ChildProcess | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes the keys of both sides and puts what answers into the tree. */
  static async build(directory: string, tree: string): Promise<Door> {
    const door = new Door(directory);
    for (const name of ["client", "host"])
      await mustRun(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", door.#at(name)]);
    const read = (name: string): string => readFileSync(door.#at(name), "utf8");
    writeFileSync(door.#at("known_hosts"), `door ${read("host.pub")}`, { mode: 0o600 });
    writeFileSync(door.#at("ssh.conf"), door.#clientConfiguration(), { mode: 0o600 });
    await writeInside(tree, `${place}/host_key`, read("host"), 0o600);
    await writeInside(tree, `${place}/authorized_keys`, read("client.pub"), 0o600);
    await writeInside(tree, `${place}/sshd_config`, serverConfiguration, 0o600);
    await writeInside(tree, `/etc/systemd/system/${unit}`, unitText);
    await writeInside(tree, `/etc/systemd/system/sysinit.target.d/${unit}.conf`, `[Unit]\nWants=${unit}\n`);
    return door;
  }

  /** A socket that leads to the system bus of whatever has booted last. */
  get bus(): string {
    return this.#at("bus");
  }

  /** Knocks as soon as there is a door; answers when the machine inside opens it, and with false when it will not. */
  async open(isGone: () => boolean, timeout: number): Promise<boolean> {
    this.close();
    await until(() => existsSync(this.#at(doorSocket)) || isGone(), timeout);
    const forward = `${this.bus}:/run/dbus/system_bus_socket`;
    const log = openSync(this.#at("console.log"), "a", 0o600);
    const master = spawn("ssh", ["-F", this.#at("ssh.conf"), "-M", "-N", "-L", forward, "door"], {
      stdio: ["ignore", log, log],
      cwd: "/",
    });
    closeSync(log);
    let ended = false;
    master.once("error", () => (ended = true)).once("exit", () => (ended = true));
    master.unref();
    this.#master = master;
    await until(() => ended || isGone() || existsSync(this.#at("ssh")), timeout, 20);
    return !ended && !isGone() && existsSync(this.#at("ssh"));
  }

  close(): void {
    this.#master?.kill("SIGKILL");
    this.#master = undefined;
    for (const name of ["ssh", "bus"]) rmSync(this.#at(name), { force: true });
  }

  /** Starts a program inside. It is not ended with the ssh that waits for it, but when nobody reads what it says. */
  async spawn(argv: readonly string[], options: EnterOptions = {}): Promise<ChildProcess> {
    const user = findUser(options.user ?? "root", options.user ? await this.read("/etc/passwd") : null);
    const env = Object.entries({ ...environmentOf(user), ...options.env }).map(
      ([key, value]) => `${key}=${value}`,
    );
    const become = user.uid === 0 ? [] : ["setpriv", ...asUser(user), "--"];
    const words = [...become, "env", "-i", `--chdir=${options.directory ?? "/"}`, ...env, ...argv];
    return spawn("ssh", ["-F", this.#at("ssh.conf"), "door", words.map(quoteWord).join(" ")], {
      stdio: "pipe",
      cwd: "/",
    });
  }

  /** Waits for the end of a program and gathers what it said. */
  async run(argv: readonly string[], options: RunOptions & EnterOptions = {}): Promise<RunResult> {
    const timeout = options.timeout ?? 60_000;
    // Killed there, for ssh takes nothing along; what is left of it here is killed a while later.
    const bounded = ["timeout", "--signal=KILL", String(timeout / 1000), ...argv];
    const result = await gatherOutput(await this.spawn(bounded, options), {
      ...options,
      timeout: timeout + 10_000,
    });
    return result.status === killedByTimeout ? { ...result, status: null, signal: "SIGKILL" } : result;
  }

  async read(path: string): Promise<string | null> {
    const { status, stdout, stderr } = await this.run(["cat", "--", path]);
    if (status === 0) return stdout;
    if (/No such file/.test(stderr)) return null;
    throw failure(stderr, path);
  }

  async write(path: string, content: string, mode = 0o644): Promise<void> {
    const { status, stderr } = await this.run(["sh", "-c", writeScript, "write", path, mode.toString(8)], {
      stdin: content,
    });
    if (status !== 0) throw failure(stderr, path);
  }

  /**
   * Measured under emulation: of some hundred times that bytes come to the serial port, once nobody inside is told until more come.
   * So something comes every second.
   */
  #clientConfiguration(): string {
    const connect = `const s=require("net").connect(process.argv[1]);process.stdin.pipe(s).pipe(process.stdout);s.on("error",()=>process.exit(1));s.on("close",()=>process.exit(0))`;
    const words = [process.execPath, "-e", connect, this.#at(doorSocket)];
    return `Host door
User root
IdentityFile ${this.#at("client")}
IdentitiesOnly yes
UserKnownHostsFile ${this.#at("known_hosts")}
StrictHostKeyChecking yes
PreferredAuthentications publickey
ControlPath ${this.#at("ssh")}
StreamLocalBindUnlink yes
ServerAliveInterval 1
ServerAliveCountMax 1000000
LogLevel ERROR
ProxyCommand ${words.map(quoteWord).join(" ").replaceAll("%", "%%")}
`;
  }

  #at(name: string): string {
    return join(this.#directory, name);
  }
}

const place = "/etc/holdfast-door";
const unit = "holdfast-door.service";
/** timeout(1): 128 and the signal that it sent. */
const killedByTimeout = 137;
const writeScript = `mkdir -p "$(dirname "$1")" && cat > "$1" && chmod "$2" "$1"`;

// With SHLVL bash(1) does not take ssh for a login, whose .bashrc may do anything, and slowly.
const serverConfiguration = `HostKey ${place}/host_key
AuthorizedKeysFile ${place}/authorized_keys
PermitRootLogin yes
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
AllowStreamLocalForwarding yes
MaxSessions 1000
PrintMotd no
PrintLastLog no
UseDNS no
SetEnv SHLVL=2
PidFile none
LogLevel ERROR
`;

const unitText = `[Unit]
Description=Door to the machine that runs this one
DefaultDependencies=no
After=local-fs.target
Conflicts=shutdown.target
Before=shutdown.target
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/sbin/sshd -i -f ${place}/sshd_config
StandardInput=file:/dev/holdfast-door
StandardOutput=file:/dev/holdfast-door
StandardError=journal
RuntimeDirectory=sshd
Restart=always
RestartSec=200ms
TasksMax=infinity
OOMScoreAdjust=-1000
`;

/** ssh(1) hands one text to a shell at the other end: nothing in single quotes is special to it but the quote. */
function quoteWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function failure(stderr: string, path: string): Error {
  const said = stderr.trim();
  const code = /Read-only file system/.test(said) ? "EROFS" : /No space left/.test(said) ? "ENOSPC" : "EIO";
  return Object.assign(new Error(`${code}: ${path}: ${said}`), { code });
}

async function mustRun(argv: readonly string[]): Promise<void> {
  const { status, stderr } = await run(argv);
  if (status !== 0) throw new Error(`${argv[0]} failed: ${stderr.trim()}`);
}
