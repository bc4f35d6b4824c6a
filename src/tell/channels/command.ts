import type { Channel, Delivery } from "../channel.ts";
import type { Message } from "../message.ts";
import { accountOf } from "./account.ts";
import { messageAsJson } from "./message-as-json.ts";
import type { Means } from "./means.ts";
import type { ChannelSettings } from "../../compile/channel-kinds.ts";
import { spawnBounded, type ProgramEnd } from "./spawn-bounded.ts";
import { fit, plain, plainHeadline } from "./text.ts";

type Settings = Extract<ChannelSettings, { kind: "command" }>;

/** Of sysexits.h: usage, data, no service, no permission, configuration. Trying again changes none of them. */
const refusing = new Set([64, 65, 69, 77, 78, 126, 127]);
const longestHeadline = 1000;

/**
 * Hands the message to a program of the user's: facts in HOLDFAST_… variables, all of it as JSON on stdin. It runs without a
 * shell, in its own account, with nothing of the notifier's environment. Its exit code says what came of it: 0 sent; 64, 65,
 * 69, 77, 78, 126, 127 refused; all others (75, EX_TEMPFAIL, says so) try again later. One that takes longer than its
 * time-out, or than any delivery may take, is killed with its children.
 */
export function commandChannel(settings: Settings, means: Means): Channel {
  const { argv, user, directory, timeout } = settings;
  return {
    async send(message, signal) {
      const account = await accountOf(user, means);
      const end = await spawnBounded(argv, {
        account,
        directory,
        env: factsOf(message),
        stdin: messageAsJson(message),
        timeout: Math.min(timeout, means.patience),
        signal,
      });
      return deliveryOfEnd(argv[0] ?? "the command", end, means);
    },
  };
}

function factsOf(message: Message): Record<string, string> {
  return {
    HOLDFAST_ID: message.id,
    HOLDFAST_KIND: message.kind,
    HOLDFAST_SEVERITY: message.severity,
    HOLDFAST_LABEL: plain(message.label),
    HOLDFAST_INCIDENT: message.incident ?? "",
    HOLDFAST_DEDUP_KEY: message.dedupKey ?? "",
    HOLDFAST_SEQUENCE: String(message.sequence),
    HOLDFAST_APP: plain(message.app),
    HOLDFAST_SERVICE: plain(message.service ?? ""),
    HOLDFAST_HOST: plain(message.host),
    HOLDFAST_HEADLINE: fit(plainHeadline(message), longestHeadline),
    HOLDFAST_SILENT: message.silent ? "1" : "0",
    HOLDFAST_REPEAT: message.repeat ? "1" : "0",
  };
}

function deliveryOfEnd(program: string, end: ProgramEnd, { hush }: Means): Delivery {
  const later = (why: string, ambiguous: boolean): Delivery => ({
    result: "later",
    why: `${program}: ${why}`,
    after: null,
    ambiguous,
  });
  if (end.trouble !== null) return later(end.trouble, end.began);
  if (end.status === 0) return { result: "sent", providerId: null };
  const words = fit(plain(hush(end.stderr)), 200);
  const says = words === "" ? "" : `: ${words}`;
  if (end.status === null) return later(`was ended by ${end.signal ?? "a signal"}${says}`, true);
  const why = `ended with status ${end.status}${says}`;
  return refusing.has(end.status) ? { result: "refused", why: `${program}: ${why}` } : later(why, false);
}
