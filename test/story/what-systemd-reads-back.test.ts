import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { expect } from "vitest";
import * as quote from "../../src/compile/quote.ts";
import { asFileName, checkBatch, fileNames, knownOddities, oddText } from "./odd-text.ts";
import { sharedHost, story } from "./story.ts";

// Whatever text a spec holds, the process and systemd itself read back exactly that text, or we refused it.

// The shell's and printf's own escapes are one more thing to carry.
const showAll =
  'env -0; cd "$CREDENTIALS_DIRECTORY" && for c in *; do printf "%s %s\\0" "$c" "$(cat "$c")"; done';

const world = sharedHost({
  setUp: async ({ host }) => {
    await mkdir(`${host.root}/odd/out`, { recursive: true });
  },
});

story("arguments reach the program as they are", {}, async () => {
  await checkBatch(oddText, 500, async (batch) => {
    const texts = [...knownOddities, ...batch].filter((text) => quote.quoteExecArgument(text).ok);
    const command = quote.quoteExecCommand(["/usr/bin/printf", "%s\\0", ...texts]);
    await writeUnits({ "odd-args": [`ExecStart=${carried(command)}`, "StandardOutput=file:/odd/out/args"] });
    await start("odd-args.service");
    expect(await output("args")).toEqual(texts);
    const { ExecStart } = await properties("odd-args.service");
    // systemd keeps the doubled dollar until the program runs.
    const kept = texts.map((text) => text.replaceAll("$", "$$$$"));
    expect(ExecStart).toHaveLength(1);
    expect(ExecStart).toMatchObject({
      0: { 0: "/usr/bin/printf", 1: ["/usr/bin/printf", "%s\\0", ...kept] },
    });
  });
});

story("variables of Environment= reach the program as they are", {}, async () => {
  await checkBatch(oddText, 500, async (batch) => {
    const all = [...knownOddities, ...batch].map((text, index) => [`ODD_${index}`, text] as const);
    const variables = all.filter(([name, text]) => quote.quoteEnvironment(name, text).ok);
    const lines = variables.map(
      ([name, text]) => `Environment=${carried(quote.quoteEnvironment(name, text))}`,
    );
    await writeUnits({
      "odd-env": [...lines, "ExecStart=/usr/bin/env -0", "StandardOutput=file:/odd/out/env"],
    });
    await start("odd-env.service");
    const expected = variables.map(([name, text]) => `${name}=${text}`);
    expect((await output("env")).filter((line) => line.startsWith("ODD_"))).toEqual(expected);
    expect((await properties("odd-env.service")).Environment).toEqual(expected);
  });
});

story("the program is found by any path, and sees that path as its name", {}, async ({ host }) => {
  await checkBatch(oddText, 60, async (batch) => {
    const names = fileNames([...knownOddities, ...batch]);
    const paths = names.map((name) => `/odd/bin/${name}`).filter((path) => quote.quoteExecCommand([path]).ok);
    await mkdir(`${host.root}/odd/bin`, { recursive: true });
    for (const path of paths) await copyFile(`${host.root}/bin/cat`, host.root + path);
    const lines = paths.map(
      (path) => `ExecStart=${carried(quote.quoteExecCommand([path, "/proc/self/cmdline"]))}`,
    );
    await writeUnits({ "odd-program": [...lines, "StandardOutput=append:/odd/out/program"] });
    await start("odd-program.service");
    expect(await output("program")).toEqual(paths.flatMap((path) => [path, "/proc/self/cmdline"]));
  });
});

story(
  "descriptions, identifiers and directories are read as they are, and bring nothing else with them",
  {},
  async ({ host }) => {
    await checkBatch(oddText, 150, async (batch) => {
      const units: Record<string, string[]> = { "odd-plain": unitOf("plain", "/odd/plain", "plain") };
      const expected: Record<string, unknown>[] = [];
      await mkdir(`${host.root}/odd/plain`);
      for (const text of [...knownOddities, ...batch]) {
        const description = quote.quotePlain(text);
        const directory = `/odd/dir/${asFileName(text)}`;
        const path = quote.quotePath(directory);
        if (!description.ok || !path.ok || asFileName(text) === undefined) continue;
        await mkdir(host.root + directory, { recursive: true });
        units[`odd-${expected.length}`] = unitOf(description.text, path.text, String(expected.length));
        expected.push({ Description: text, SyslogIdentifier: text, WorkingDirectory: directory });
      }
      await writeUnits(units);
      const plain = withoutOwnName(await properties("odd-plain.service"));
      for (const [index, own] of expected.entries()) {
        expect(withoutOwnName(await properties(`odd-${index}.service`))).toEqual({ ...plain, ...own });
      }
      await start(...expected.map((_, index) => `odd-${index}.service`));
      for (const [index, own] of expected.entries())
        expect(await host.read(`/odd/out/cwd-${index}`)).toBe(own.WorkingDirectory);
    });
  },
);

story("lists of paths, links, files and credentials are read as they are", {}, async ({ host }) => {
  await checkBatch(oddText, 200, async (batch) => {
    const names = fileNames([...knownOddities, ...batch]);
    const paths = names.map((name) => `/odd/files/${name}`).filter((path) => quote.quotePathItem(path).ok);
    await mkdir(`${host.root}/odd/files`);
    for (const [index, path] of paths.entries()) await writeFile(host.root + path, `FROM_${index}=1\n`);
    const credentials = paths.flatMap((path, index) =>
      quote.quoteCredential(`c${index}`, path).ok ? [{ id: `c${index}`, index, path }] : [],
    );
    const links = [...knownOddities, ...batch]
      .map((text) => `file:///${text}`)
      .filter((link) => /^[\x20-\x7E]+$/.test(link));
    await writeUnits({
      "odd\\x2dother": ["ExecStart=/bin/true"],
      "odd-lists": [
        ...paths.map((path) => `ReadWritePaths=${carried(quote.quotePathItem(path))}`),
        ...paths.map((path) => `EnvironmentFile=${carried(quote.quoteEnvironmentFile(path))}`),
        ...credentials.map(({ id, path }) => `LoadCredential=${carried(quote.quoteCredential(id, path))}`),
        `ExecStart=${carried(quote.quoteExecCommand(["/bin/sh", "-c", showAll]))}`,
        "StandardOutput=file:/odd/out/lists",
        `[Unit]\nWants=${carried(quote.quoteUnitName("odd\\x2dother.service"))}`,
        `Documentation=${links.map((link) => carried(quote.quoteListItem(link))).join(" ")}`,
      ],
    });
    const known = await properties("odd-lists.service");
    expect(known.ReadWritePaths).toEqual(paths);
    expect(known.Wants).toEqual(["odd\\x2dother.service"]);
    expect(known.Documentation).toEqual(links);
    await start("odd-lists.service");
    const lines = await output("lists");
    expect(lines.filter((line) => line.startsWith("FROM_")).length).toBe(paths.length);
    expect(lines.filter((line) => line.startsWith("c")).sort()).toEqual(
      credentials.map(({ id, index }) => `${id} FROM_${index}=1`).sort(),
    );
  });
});

story(
  "systemd had nothing to say about any of these files, and nothing was injected",
  {},
  async ({ host, run }) => {
    const { stdout } = await run("journalctl -b -o cat _PID=1").succeeds();
    expect(stdout).toContain("Finished odd-args");
    expect(stdout.split("\n").filter((line) => /odd-[a-z0-9]+\.service:\d+/.test(line))).toEqual([]);
    expect(await host.exists("/injected")).toBe(false);
  },
);

function unitOf(description: string, directory: string, name: string): string[] {
  return [
    `SyslogIdentifier=${description}`,
    `WorkingDirectory=${directory}`,
    `StandardOutput=file:/odd/out/cwd-${name}`,
    "ExecStart=/bin/readlink -n /proc/self/cwd",
    `[Unit]\nDescription=${description}`,
  ];
}

async function writeUnits(units: Record<string, string[]>): Promise<void> {
  for (const [name, lines] of Object.entries(units)) {
    await world.host.write(
      `/etc/systemd/system/${name}.service`,
      `[Service]\nType=oneshot\n${lines.join("\n")}\n`,
    );
  }
  await world.run("systemctl daemon-reload").succeeds();
}

async function start(...units: string[]): Promise<void> {
  expect(await world.run(["systemctl", "start", ...units])).toMatchObject({ status: 0, stderr: "" });
}

async function output(name: string): Promise<string[]> {
  return ((await world.host.read(`/odd/out/${name}`)) ?? "").split("\0").slice(0, -1);
}

/** Every property by D-Bus, as PID 1 tells it; the unit is loaded for it. */
async function properties(unit: string): Promise<Record<string, unknown>> {
  const path = `/org/freedesktop/systemd1/unit/${unit.replace(/[^a-z0-9]/g, (char) => `_${char.charCodeAt(0).toString(16)}`)}`;
  const call = [
    "busctl",
    "--json=short",
    "call",
    "org.freedesktop.systemd1",
    path,
    "org.freedesktop.DBus.Properties",
    "GetAll",
    "s",
    "",
  ];
  const { stdout, stderr } = await world.host.run(call);
  expect(stderr).toBe("");
  const { data }: { data: [Record<string, { data: unknown }>] } = JSON.parse(stdout);
  return Object.fromEntries(Object.entries(data[0]).map(([name, { data }]) => [name, data]));
}

/** What differs between two units of the same text: their names, and the mounts they need for their directory. */
function withoutOwnName(all: Record<string, unknown>): Record<string, unknown> {
  return { ...all, Id: "", Names: [], FragmentPath: "", RequiresMountsFor: [] };
}

function carried(quoted: quote.Quoted): string {
  if (!quoted.ok) throw new Error(`refused: it ${quoted.reason}`);
  return quoted.text;
}
