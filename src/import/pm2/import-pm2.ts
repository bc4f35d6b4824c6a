import type { Diagnostic } from "../../report/diagnostic.ts";
import { slugOf } from "../../spec/slug.ts";
import { commonDirectory } from "../common-directory.ts";
import { entry, textOf } from "../data/node.ts";
import type { Imported, Importer, ImportOptions } from "../imported.ts";
import { Names } from "../names.ts";
import { baseName } from "../places.ts";
import { addApp, type Group } from "./add-app.ts";
import { directoryOf, readApps, type Pm2App } from "./read-apps.ts";

/** Imports ecosystem files and dump.pm2 as data; nothing of them is run. */
export const importPm2: Importer = (files, options) => {
  const diagnostics: Diagnostic[] = [];
  const groups = new Map<string, Group>();
  const found = files.flatMap((file) => {
    const read = readApps(file);
    diagnostics.push(...read.diagnostics);
    return read.apps;
  });
  const appName = options.app ?? nameOf(found);
  for (const app of found) {
    const account = accountOf(app, appName, options);
    const id = account.user ?? "";
    const group = groups.get(id) ?? {
      ...account,
      services: [],
      dropped: [],
      keys: [],
      names: new Names(),
      files: new Set<string>(),
    };
    groups.set(id, group);
    group.files.add(app.file);
    addApp(group, app, groups.size === 1 ? appName : `${appName}-${slugOf(id)}`);
  }
  return {
    apps: [...groups.values()].map((group, index) =>
      finish(group, index === 0 ? appName : `${appName}-${slugOf(group.user ?? "")}`),
    ),
    diagnostics,
  };
};

function nameOf(found: readonly Pm2App[]): string {
  const [first] = found;
  if (!first) return "app";
  if (found.length === 1) return slugOf(textOf(entry(first.node, "name")) ?? "") || "app";
  return slugOf(baseName(directoryOf(first))) || "app";
}

function accountOf(
  { node, file }: Pm2App,
  appName: string,
  options: ImportOptions,
): { user: string | null; why: string } {
  if (options.userScope) return { user: null, why: "" };
  const user = textOf(entry(node, "user")) ?? textOf(entry(node, "username"));
  if (user !== undefined && !/^\d+$/.test(user)) return { user, why: "user" };
  const number = user ?? textOf(entry(node, "uid"));
  // Never root for want of a name.
  if (number !== undefined && number !== "0")
    return { user: appName.slice(0, 28), why: `${number} is a number: put the name of that account here` };
  const home = /^\/home\/([^/]+)\/\.pm2\//.exec(file)?.[1];
  if (home !== undefined) return { user: home, why: "whose .pm2 it is" };
  return { user: options.account ?? "root", why: "PM2 runs programs as whoever called it" };
}

function finish({ user, why, services, dropped, keys, files }: Group, app: string): Imported {
  return {
    app: { value: app, why: "after the application; units are named after it" },
    directory: { value: commonDirectory(services) ?? "/", why: "cwd, of most" },
    user: user === null ? null : { value: user, why },
    keys: [
      ...(user === "root"
        ? [{ key: ["allow-root"], value: "PM2 ran it as root", why: "better: an account of its own" }]
        : []),
      ...keys,
    ],
    services,
    jobs: [],
    dropped,
    source: [...files].join(", "),
  };
}
