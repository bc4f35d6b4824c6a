import { readBoolean } from "../../unit/read-value.ts";
import type { Named, Taking } from "./taking.ts";

/** Who a unit runs as: what decides which units can be in one application. */
export type Account = { user: string; group: string | null; why: string };

const accountName = /^[a-z_][a-z0-9_-]{0,30}$/;
const user: Named = ["Service", "User"];
const group: Named = ["Service", "Group"];

/** The account of a system service; a sentence why the spec cannot have it, otherwise. */
export function accountOf(taking: Taking): Account | { trouble: string; todo: string } {
  const name = taking.value(user);
  const groupName = taking.value(group);
  if (isDynamic(taking))
    return {
      user: "root",
      group: null,
      why: "none of its own: systemd makes an account for each run (DynamicUser=)",
    };
  for (const written of [name, groupName])
    if (written !== null && !accountName.test(written))
      return {
        trouble: `its account ${written} is no name that the spec takes`,
        todo: "give the account a name of lower-case letters, digits, - and _",
      };
  return {
    user: name ?? "root",
    group: groupName,
    why: name === null ? "no User=, so it runs as root" : `User=${name}`,
  };
}

function isDynamic(taking: Taking): boolean {
  return readBoolean(taking.value(["Service", "DynamicUser"]) ?? "no") === true;
}

/** Takes what the account of the file says. User=root is not the same as none: it sets HOME and the login name. */
export function takeAccount(taking: Taking, { userScope }: { userScope: boolean }): void {
  if (userScope || isDynamic(taking)) return;
  if (taking.value(user) !== "root") taking.drop(user);
  taking.drop(group);
}
