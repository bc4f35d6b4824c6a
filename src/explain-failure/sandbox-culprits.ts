import type { Host, Properties } from "../host/host.ts";
import { listOf, textOf } from "../host/properties.ts";
import type { Culprit, Look } from "./failure-facts.ts";
import { findFileTrouble } from "./file-trouble.ts";
import { plainPath } from "./hidden-by.ts";
import { readDirective } from "./read-directive.ts";
import { placeOf } from "./voice.ts";

/** The directory or image that is to be its root (210/CHROOT, 226/NAMESPACE). */
export async function rootDirectory({
  host,
  properties,
}: Pick<Look, "host" | "properties">): Promise<Culprit[]> {
  const path = plainPath(textOf(properties, "RootDirectory") || textOf(properties, "RootImage"));
  const trouble = path === "" ? null : await findFileTrouble(host, null, path, "read", "RootDirectory=");
  return trouble ? [trouble] : [];
}

const sandboxLists = [
  "ReadWritePaths",
  "ReadOnlyPaths",
  "InaccessiblePaths",
  "ExecPaths",
  "NoExecPaths",
] as const;

/** Every path that systemd has to mount something over or from, and that may not be missing. */
export async function sandboxPaths({ host, properties, voice }: Look): Promise<Culprit[]> {
  const listed = sandboxLists.flatMap((directive) =>
    listOf(properties, directive)
      .filter((entry) => !entry.startsWith("-"))
      .map((entry) => ({ directive, path: plainPath(entry) })),
  );
  const bound = (["BindPaths", "BindReadOnlyPaths"] as const).flatMap((directive) =>
    // a(ssbt): source, destination, whether it may be missing, flags.
    ((properties[directive] ?? []) as readonly (readonly [string, string, boolean, bigint])[])
      .filter(([, , optional]) => !optional)
      .map(([source]) => ({ directive, path: source })),
  );
  const found = await Promise.all(
    [...listed, ...bound].map(async ({ directive, path }): Promise<Culprit[]> => {
      const trouble = await findFileTrouble(host, null, path, "read", placeOf(directive, voice));
      if (!trouble) return [];
      const fix =
        directive === "ReadWritePaths"
          ? `mkdir -p ${path}, or take it out of ${placeOf(directive, voice)}`
          : `make it, or write ${directive}=-${path} if it may be missing`;
      return [{ what: `${trouble.what}, and ${directive}=${path} needs it`, fix }];
    }),
  );
  const root = await rootDirectory({ host, properties });
  const ofUser = host.scope === "user" ? [...journal(properties), ...(await namespaces(host))] : [];
  return [...root, ...found.flat(), ...ofUser];
}

function journal(properties: Properties): Culprit[] {
  const name = textOf(properties, "LogNamespace");
  return name === ""
    ? []
    : [
        {
          what: `a user service cannot have a journal of its own (LogNamespace=${name})`,
          fix: "remove LogNamespace=, or make it a system service with User=",
        },
      ];
}

const needCapabilities = [
  "AmbientCapabilities",
  "CapabilityBoundingSet",
  "PrivateDevices",
  "ProtectClock",
  "ProtectKernelLogs",
  "ProtectKernelModules",
];

/** A user's systemd has no capability that it could give or take, but in a user namespace of the service's own. */
export async function capabilities({ host, properties }: Look): Promise<Culprit[]> {
  if (host.scope !== "user") return [];
  const written = await Promise.all(
    needCapabilities.map(async (directive) => ({
      directive,
      value: await readDirective(host, properties, directive),
    })),
  );
  const names = written.filter(({ value }) => value !== null && value !== "no").map((one) => one.directive);
  return names.length === 0
    ? []
    : [
        {
          what: `a user service has no capabilities to set, and ${names.map((name) => `${name}=`).join(", ")} needs them`,
          fix: `remove ${names.length === 1 ? "it" : "them"}, add PrivateUsers=yes, or make it a system service with User=`,
        },
      ];
}

/** Where ordinary users may not make namespaces, a user service has no sandbox (user_namespaces(7)). */
async function namespaces({ files }: Host): Promise<Culprit[]> {
  const settings = [
    ["/proc/sys/kernel/unprivileged_userns_clone", "0"],
    ["/proc/sys/user/max_user_namespaces", "0"],
    ["/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1"],
  ] as const;
  for (const [path, refusing] of settings)
    if ((await files.read(path))?.trim() === refusing) {
      const name = path.replace("/proc/sys/", "").replaceAll("/", ".");
      return [
        {
          what: `this host does not let users make namespaces (${name}=${refusing}), so a user service has no sandbox`,
          fix: "run it in system scope, or: hardening: off",
        },
      ];
    }
  return [];
}

/** systemd refuses the start rather than run the program without the profile. */
export async function profile({ host, properties }: Look): Promise<Culprit[]> {
  const [, name = ""] = (properties["AppArmorProfile"] ?? []) as readonly [boolean?, string?];
  if (name === "") return [];
  const loaded = await host.files.read("/sys/kernel/security/apparmor/profiles").catch(() => null);
  if (loaded?.split("\n").some((line) => line.startsWith(`${name} (`))) return [];
  const file = `/etc/apparmor.d/${name}`;
  const there = (await host.files.stat(file)) !== null;
  return [
    {
      what: `the AppArmor profile ${name} is not loaded`,
      fix: there ? `apparmor_parser -r ${file}` : `load it from its file, or correct AppArmorProfile=`,
    },
  ];
}
