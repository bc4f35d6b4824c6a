import type { Channel, Delivery } from "../channel.ts";
import type { Message } from "../message.ts";
import type { Severity } from "../../value/severity.ts";
import { aborted, reasonOf } from "./bounded.ts";
import type { Means } from "./means.ts";
import { fit, plain, plainText } from "./text.ts";

const longestMessage = 8000;
/** Of syslog(3). */
const priorities: Readonly<Record<Severity, number>> = { critical: 2, error: 3, warning: 4, info: 6 };

/** Writes to this host's journal, by logger(1): found with journalctl HOLDFAST_INCIDENT=INC-…, and forwarded with the rest. */
export function journalChannel(means: Means): Channel {
  return {
    async send(message, signal) {
      const written = means.run(["/usr/bin/logger", "--journald"], {
        stdin: entryOf(message),
        timeout: means.patience,
      });
      const stopped = aborted(signal).then((): Delivery => unsure(`logger: ${reasonOf(signal)}`));
      return Promise.race([written.then(deliveryOfRun), stopped]);
    },
  };
}

/**
 * One field a line: a line break in a value would begin another field, so lines of a message are joined.
 *
 * logger(1) has often ended before journald asks the kernel whose line it was, and then the line belongs to no unit. OBJECT_PID=
 * (systemd.journal-fields(7)) names whoever stays: so journalctl -u finds it. journald takes it from root only.
 */
function entryOf(message: Message): string {
  const { severity, incident, kind, app, service, id } = message;
  const fields = [
    `MESSAGE=${fit(plainText(message).replaceAll("\n", "; "), longestMessage)}`,
    `PRIORITY=${priorities[severity]}`,
    "SYSLOG_IDENTIFIER=holdfast",
    `OBJECT_PID=${process.pid}`,
    `HOLDFAST_MESSAGE=${plain(id)}`,
    `HOLDFAST_KIND=${kind}`,
    `HOLDFAST_SEVERITY=${severity}`,
    `HOLDFAST_APP=${plain(app)}`,
    ...(service === null ? [] : [`HOLDFAST_SERVICE=${plain(service)}`]),
    ...(incident === null ? [] : [`HOLDFAST_INCIDENT=${plain(incident)}`]),
  ];
  return `${fields.join("\n")}\n`;
}

function deliveryOfRun(end: { status: number | null; signal: string | null; stderr: string }): Delivery {
  if (end.status === 0) return { result: "sent", providerId: null };
  if (end.signal !== null) return unsure(`logger was ended by ${end.signal}`);
  const why = fit(plain(end.stderr.slice(0, 1000).trim()), 200) || `logger ended with status ${end.status}`;
  // 126, 127: there is no such program, or it may not be run.
  if (end.status === 126 || end.status === 127) return { result: "refused", why };
  return { result: "later", why, after: null, ambiguous: false };
}

function unsure(why: string): Delivery {
  return { result: "later", why, after: null, ambiguous: true };
}
