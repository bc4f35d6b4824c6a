import * as v from "valibot";
import { issueMessage, key } from "./key-doc.ts";
import { score } from "./read-values.ts";
import { flag, matching, oneOf } from "./values.ts";

/** Hardening that a service may need relaxed, by what it needs rather than by directive. */
export const allowances = [
  "write-and-execute-memory",
  "namespaces",
  "realtime",
  "devices",
  "packet-sockets",
  "netlink",
  "setuid",
  "all-system-calls",
] as const;

const hardeningBlock = v.strictObject({
  level: key(oneOf("off", "basic", "strict"), {
    meaning: "How much is denied: off, basic or strict.",
    default: "strict",
    example: "strict",
  }),
  allow: key(v.array(oneOf(...allowances)), {
    meaning: "What the program needs although the level denies it.",
    default: "nothing",
    example: "[write-and-execute-memory]",
  }),
  profile: key(
    matching(
      /^[a-z0-9][a-z0-9_-]{0,63}$/,
      "a name of lower-case letters, digits, - and _, such as polybot-bot",
      "spec/bad-name",
    ),
    {
      meaning:
        "What holdfast harden has learned about the program, in hardening/NAME.yaml beside this file: what is tighter than the level, and what of the level the program does not survive. plan and doctor say when it is stale.",
      default: "none",
      becomes: "directives that differ from the level's; see compile --explain",
      example: "polybot-bot",
    },
  ),
  apparmor: key(flag(), {
    meaning:
      "Puts the program under an AppArmor profile of its own as well, made from what the spec says of it: it reads the application and the system, writes what is declared, runs nothing that it can write, and sees no home directories. Where the host has no AppArmor, the plan says so.",
    default: "false",
    becomes: "AppArmorProfile=, and a profile in /etc/apparmor.d",
    example: "true",
  }),
  "at-most": key(score(), {
    meaning:
      "The worst exposure score of systemd-analyze security that plan and apply accept (0 is tight, 10 is open).",
    default: "2.0 for strict, none otherwise",
    example: "2.0",
  }),
});

/** How closely the program is shut in: a level by its name, or a level and what differs from it. */
export const hardeningSchema = v.union(
  [oneOf("off", "basic", "strict"), hardeningBlock],
  issueMessage("spec/bad-type", "off, basic, strict, or { level, allow, profile, at-most }"),
);
