import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "./place.ts";

/**
 * A service that writes as many lines as it is told, on a journal without the limit of 10 000 in half a minute that it has by
 * itself, and as large as on a real disk, so that no line is deleted before it was read.
 */
export async function applyTalker(place: Place, app: string): Promise<void> {
  const program = "/srv/talker.py";
  await place.host.write(program, readFileSync(join(import.meta.dirname, "talker.py"), "utf8"));
  await place.run("mkfifo", "--mode=666", "/srv/go", "/srv/done");
  await place.host.write(
    `/etc/systemd/journald@${app}.conf.d/bench.conf`,
    "[Journal]\nRateLimitIntervalSec=0\nSystemMaxUse=1G\nSystemMaxFileSize=128M\nSystemKeepFree=10M\n",
  );
  await place.apply(
    app,
    `app: ${app}\nuser: daemon\ndirectory: /srv\nservices:\n  talk:\n    run: /usr/bin/python3 -I ${program}\n` +
      "    ready: { settle: 0s }\n    health: [{ log: { match: Position|Order, fresh: 1h } }]\n",
  );
}

/** `perSecond` 0: as fast as journald takes them. When it was through (milliseconds since the epoch), and its real rate. */
export async function writeLines(
  place: Place,
  { count, perSecond }: { count: number; perSecond: number },
): Promise<{ endedAt: number; perSecond: number }> {
  const answer = await place.run("sh", "-c", `echo ${count} ${perSecond} >/srv/go; cat /srv/done`);
  const [at = 0, took = 0] = answer.split(" ").map(Number);
  return { endedAt: at * 1000, perSecond: count / took };
}
