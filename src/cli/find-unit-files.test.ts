import { describe, expect, test } from "vitest";
import type { UnitSource } from "../host/unit-source.ts";
import { findUnitFiles } from "./find-unit-files.ts";

const etc = "/etc/systemd/system";
const lib = "/usr/lib/systemd/system";

/** Files by path; a value that begins with "->" is a link. */
function source(files: Readonly<Record<string, string>>): UnitSource {
  const real = (path: string): string | null =>
    files[path]?.startsWith("->") ? files[path].slice(2) : path in files ? path : null;
  const inside = (path: string): string[] => [
    ...new Set(
      Object.keys(files)
        .filter((one) => one.startsWith(`${path}/`))
        .map((one) => one.slice(path.length + 1).split("/")[0]!),
    ),
  ];
  return {
    list: (path) => (inside(path).length > 0 ? inside(path).toSorted() : null),
    entry: (path) =>
      path in files ? { kind: "file" } : inside(path).length > 0 ? { kind: "directory" } : null,
    real,
    read: (path) => {
      const text = files[real(path) ?? ""];
      return text === undefined ? { trouble: "it does not exist" } : { bytes: Buffer.from(text) };
    },
  };
}

const found = (given: string[], files: Readonly<Record<string, string>>) =>
  findUnitFiles(given, "system", source(files));
const paths = (given: string[], files: Readonly<Record<string, string>>) =>
  found(given, files).files.map(({ path }) => path);

describe("a unit that import is given", () => {
  test("is found by its name, with the drop-ins of every place and its timers", () => {
    const files = {
      [`${etc}/bot.service`]: "a",
      [`${lib}/bot.service`]: "hidden by the stronger place",
      [`${lib}/bot.service.d/10.conf`]: "b",
      [`${etc}/bot.service.d/20.conf`]: "c",
      [`${lib}/service.d/05.conf`]: "d",
      [`${lib}/bot.timer`]: "e",
      [`${lib}/nightly.timer`]: "[Timer]\nUnit=bot.service\n",
      [`${lib}/other.timer`]: "[Timer]\nUnit=other.service\n",
    };
    const expected = [
      `${etc}/bot.service`,
      `${lib}/service.d/05.conf`,
      `${lib}/bot.service.d/10.conf`,
      `${etc}/bot.service.d/20.conf`,
      `${lib}/bot.timer`,
      `${lib}/nightly.timer`,
    ];
    for (const name of ["bot.service", "bot"]) expect(paths([name], files)).toEqual(expected);
    expect(found(["bot"], files).onHost).toEqual(["bot.service", "bot.timer", "nightly.timer"]);
  });

  test("is an instance of its template, or what an alias leads to", () => {
    const files = {
      [`${lib}/worker@.service`]: "a",
      [`${etc}/worker@mail.service.d/x.conf`]: "b",
      [`${lib}/real.service`]: "c",
      [`${etc}/alias.service`]: `->${lib}/real.service`,
    };
    const instance = found(["worker@mail"], files);
    expect(instance.names).toEqual(new Map([[`${lib}/worker@.service`, "worker@mail.service"]]));
    expect(instance.files.map(({ path }) => path)).toEqual([
      `${lib}/worker@.service`,
      `${etc}/worker@mail.service.d/x.conf`,
    ]);
    expect(paths([`${etc}/alias.service`], files)).toEqual([`${lib}/real.service`]);
    expect(found([`${etc}/alias.service`], files).onHost).toEqual(["real.service"]);
  });

  test("comes with a folder of units, and what is no unit is left to others", () => {
    const files = {
      "/srv/units/a.service": "a",
      "/srv/units/a.service.d/x.conf": "b",
      "/srv/units/a.timer": "c",
      "/srv/units/b.service.d/y.conf": "d",
      "/srv/units/a.service.bak": "e",
      "/srv/units/README": "f",
      "/srv/cron/jobs": "g",
    };
    const { files: units, rest, onHost } = found(["/srv/units", "/srv/cron", "nothing.service"], files);
    expect(units.map(({ path }) => path)).toEqual([
      "/srv/units/a.service",
      "/srv/units/a.service.d/x.conf",
      "/srv/units/a.timer",
      "/srv/units/b.service.d/y.conf",
    ]);
    expect(rest).toEqual(["/srv/units/README", "/srv/cron", "nothing.service"]);
    expect(onHost).toEqual([]);
  });
});
