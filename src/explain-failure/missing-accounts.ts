import type { Host, Properties } from "../host/host.ts";
import { listOf, textOf } from "../host/properties.ts";
import type { Culprit } from "./failure-facts.ts";
import { placeOf, type Voice } from "./voice.ts";

/** The account or group that a unit names and that is not there (217/USER, 216/GROUP). */
export async function missingAccounts({
  host,
  properties,
  voice,
}: {
  host: Host;
  properties: Properties;
  voice: Voice;
}): Promise<Culprit[]> {
  const user = textOf(properties, "User");
  const groups = [textOf(properties, "Group"), ...listOf(properties, "SupplementaryGroups")];
  if (host.scope === "user" && [user, ...groups].some((name) => name !== ""))
    return [
      {
        what: "a user service runs as its user: User=, Group= and SupplementaryGroups= cannot change that",
        fix: "remove them, or make it a system service",
      },
    ];
  const found: Culprit[] = [];
  if (user !== "" && !(await isKnown(host, "passwd", user)))
    found.push({
      what: `the account ${user} does not exist`,
      fix: `useradd --system --shell /usr/sbin/nologin ${user}, or change ${placeOf("User", voice)}`,
    });
  for (const group of groups)
    if (group !== "" && !(await isKnown(host, "group", group)))
      found.push({
        what: `the group ${group} does not exist`,
        fix: `groupadd --system ${group}, or change ${placeOf("Group", voice)}`,
      });
  return found;
}

async function isKnown(host: Host, database: "passwd" | "group", name: string): Promise<boolean> {
  return (await host.run(["getent", database, name])).status === 0;
}
