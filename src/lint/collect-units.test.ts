import { expect, test } from "vitest";
import type { UnitSource } from "../host/unit-source.ts";
import { UnitCollector } from "./collect-units.ts";

/** A tree of texts; a text that begins with "-> " is a link. */
function tree(files: Readonly<Record<string, string>>): UnitSource {
  const paths = Object.keys(files);
  const link = (path: string) => (files[path]?.startsWith("-> ") ? files[path].slice(3) : undefined);
  const real = (path: string, depth = 0): string | null => {
    if (depth > 40) return null;
    if (path === "/dev/null") return path;
    for (const one of paths)
      if ((path === one || path.startsWith(`${one}/`)) && link(one) !== undefined)
        return real(link(one)! + path.slice(one.length), depth + 1);
    return path in files || paths.some((one) => one.startsWith(`${path}/`)) ? path : null;
  };
  return {
    real,
    entry: (path) => {
      if (link(path) !== undefined) return { kind: "link", target: link(path)! };
      if (path in files) return { kind: "file" };
      return paths.some((one) => one.startsWith(`${path}/`)) ? { kind: "directory" } : null;
    },
    list: (path) => {
      const at = real(path);
      const below = paths
        .filter((one) => at !== null && one.startsWith(`${at}/`))
        .map((one) => one.slice(at!.length + 1).split("/")[0]!);
      return below.length === 0 ? null : [...new Set(below)].toSorted();
    },
    read: (path) => {
      const at = real(path);
      if (at === null) return { trouble: "its links lead in a circle" };
      if (at === "/dev/null") return { bytes: Buffer.alloc(0) };
      return { bytes: Buffer.from(files[at] ?? "", "latin1") };
    },
  };
}

function collect(
  files: Readonly<Record<string, string>>,
  paths: readonly string[],
  places: readonly string[] = [],
) {
  const collector = new UnitCollector(tree(files), "system", places);
  for (const path of paths) collector.add(path);
  const { units, strays, diagnostics } = collector.collected();
  return {
    units: units.map(({ name, settings, masked, partial }) => [
      name,
      settings.files.map(({ path }) => path),
      masked,
      partial ?? false,
    ]),
    strays,
    said: diagnostics.map(({ summary }) => summary),
  };
}

const service = "[Service]\nExecStart=/bin/true\n";

test("a folder is walked; links under another name are aliases, and what others want is no unit", () => {
  const files = {
    "/repo/deploy/bot.service": service,
    "/repo/deploy/bot.service.d/10-a.conf": "[Service]\nNice=1\n",
    "/repo/deploy/alias.service": "-> bot.service",
    "/repo/deploy/multi-user.target.wants/bot.service": "-> ../bot.service",
    "/repo/node_modules/x/y.service": service,
    "/repo/readme.md": "text",
  };
  const { units, said } = collect(files, ["/repo"]);
  expect(units).toEqual([
    ["bot.service", ["/repo/deploy/bot.service", "/repo/deploy/bot.service.d/10-a.conf"], false, false],
  ]);
  expect(said).toEqual([]);
});

test("of a host, drop-ins count wherever they lie, and a masked unit is known as one", () => {
  const files = {
    "/lib/bot.service": service,
    "/etc/bot.service.d/x.conf": "[Service]\nNice=1\n",
    "/etc/bot.service.d/note": "not read by systemd",
    "/etc/gone.service": "-> /dev/null",
  };
  const { units, strays } = collect(files, ["/lib", "/etc"], ["/etc", "/lib"]);
  expect(units).toContainEqual([
    "bot.service",
    ["/lib/bot.service", "/etc/bot.service.d/x.conf"],
    false,
    false,
  ]);
  expect(units).toContainEqual(["gone.service", ["/etc/gone.service"], true, false]);
  expect(strays).toEqual(["/etc/bot.service.d/note"]);
});

test("a drop-in of a unit that is not there is looked at by itself", () => {
  const files = { "/repo/nginx.service.d/limits.conf": "[Service]\nMemoryMax=1G\n" };
  const expected = [["nginx.service", ["/repo/nginx.service.d/limits.conf"], false, true]];
  expect(collect(files, ["/repo"]).units).toEqual(expected);
  expect(collect(files, ["/repo/nginx.service.d"]).units).toEqual(expected);
  expect(collect(files, ["/repo/nginx.service.d/limits.conf"]).units).toEqual(expected);
});

test("files of other programs that end in .service are passed over, and said when they are named", () => {
  const files = {
    "/a/org.example.Bot.service": "# made\n[D-BUS Service]\nName=org.example.Bot\n",
    "/a/ssh.service": "<?xml version='1.0'?>\n<service-group/>\n",
  };
  expect(collect(files, ["/a"])).toEqual({ units: [], strays: [], said: [] });
  const { said } = collect(files, ["/a/ssh.service", "/a/org.example.Bot.service"]);
  expect(said.join("\n")).toMatch(
    /ssh\.service: it is XML[\s\S]*Bot\.service: it is a file for activation by D-Bus/,
  );
});

test("circles of links end, and what cannot be read is said", () => {
  const files = {
    "/a/loop": "-> /a",
    "/a/round.service": "-> round.service",
    "/a/binary.service": "\x7fELF\x02\x01\x01\x00\x00\x01\x02\x03\x04\x05\x06",
    "/a/ok.service": service,
  };
  const { units, said } = collect(files, ["/a", "/nowhere", "/a/loop"]);
  expect(units.map(([name]) => name)).toEqual(["ok.service"]);
  expect(said.join("\n")).toMatch(/round\.service[\s\S]*nowhere|nowhere[\s\S]*round\.service/);
  expect(said.join("\n")).toContain("binary.service: it is no text");
});
