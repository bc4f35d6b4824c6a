/// <reference lib="esnext.temporal" />
import { describeDuration } from "../value/duration.ts";
import type { Incident } from "./incident.ts";
import { putMessage } from "./put-messages.ts";
import { isWorse } from "../value/severity.ts";
import type { TellFile } from "../compile/tell-rule.ts";
import type { Telling } from "./telling.ts";

type Digest = NonNullable<TellFile["digest"]>;

const hour = 3_600_000;
const day = 24 * hour;
const week = 7 * day;
/** Messages of so long ago are of no use any more; incidents stay. */
const keepMessages = 90 * day;
const mostListed = 20;

/** What is done now and then: the digest, the test of the path, the clean-up. Each remembers when it was last done. */
export function runRoutines(telling: Telling): void {
  digest(telling);
  testPaths(telling);
  remindOfReviews(telling);
  tidy(telling);
}

/** The next moment at which one of them is due. */
export function nextRoutine(telling: Telling): number | null {
  const { file } = telling;
  if (file.channels.length === 0) return null;
  const test = file.tests ? [(lastDone(telling, "self-test") ?? telling.now) + week] : [];
  const review = telling.store.reviews.nextReminder(file.app) ?? Infinity;
  return Math.min(
    nextSlot(telling) ?? Infinity,
    ...test,
    Math.max(review, telling.now + 1),
    telling.now + day,
  );
}

function lastDone({ store, file }: Telling, name: string): number | null {
  const mark = store.marks.get(file.app, name);
  return mark === null ? null : Number(mark);
}

function setDone({ store, file, now }: Telling, name: string): void {
  store.marks.save(file.app, name, String(now));
}

/** The time of the digest on a day of its zone; 0 is today. */
function slotOn({ now }: Telling, { at, zone }: Digest, offset: number): number {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDate();
  const plainTime = Temporal.PlainTime.from({ hour: Math.floor(at / 60), minute: at % 60 });
  return today.add({ days: offset }).toZonedDateTime({ timeZone: zone, plainTime }).epochMilliseconds;
}

/** The latest time of the digest that is not after now. */
function latestSlot(telling: Telling): number | null {
  const { digest } = telling.file;
  if (digest === null) return null;
  const slot = slotOn(telling, digest, 0);
  return slot <= telling.now ? slot : slotOn(telling, digest, -1);
}

/** The first one after now: not a day after the latest, because a day may have 25 hours. */
function nextSlot(telling: Telling): number | null {
  const { digest } = telling.file;
  if (digest === null || digest.targets.length === 0) return null;
  const slot = slotOn(telling, digest, 0);
  return slot > telling.now ? slot : slotOn(telling, digest, 1);
}

/** Once a day, what needed nobody at once. Nothing happened: nothing is sent. */
function digest(telling: Telling): void {
  const { store, file, now } = telling;
  const slot = latestSlot(telling);
  const last = lastDone(telling, "digest");
  if (slot === null || file.digest === null || file.digest.targets.length === 0) return;
  if (last === null) return setDone(telling, "digest");
  if (last >= slot) return;
  setDone(telling, "digest");
  const recent = store.incidents.list(file.app, { since: last, limit: 500 });
  const quiet = recent.filter((one) => one.toldAt === null || file.policies[one.severity].digest);
  const open = store.incidents.unresolved(file.app);
  const dead = store.outbox
    .list(file.app, { status: "dead", limit: 500 })
    .filter(({ created }) => created >= last);
  const lines = [
    ...section("still open", open),
    ...section(
      "over",
      quiet.filter(({ state }) => state === "resolved"),
    ),
    ...(dead.length === 0
      ? []
      : [`${dead.length} messages could not be delivered: holdfast notify list --dead`]),
  ];
  if (lines.length === 0) return;
  const worst = [...open, ...quiet].reduce(
    (found, { severity }) => (isWorse(severity, found) ? severity : found),
    "info" as Incident["severity"],
  );
  for (const target of file.digest.targets)
    putMessage(telling, target, {
      kind: "digest",
      incident: null,
      severity: worst === "critical" ? "error" : worst,
      title: `${open.length} open, ${quiet.length} that needed nobody, since ${new Date(last).toISOString().slice(0, 16)}Z`,
      lines,
      service: null,
      at: now,
    });
}

function section(title: string, incidents: readonly Incident[]): string[] {
  if (incidents.length === 0) return [];
  const lines = incidents
    .slice(0, mostListed)
    .map(({ name, service, title: says, opened, resolved, outcome }) => {
      const lasted = resolved === null ? "" : `, ${outcome} after ${describeDuration(resolved - opened)}`;
      return `- ${name} ${service ?? "all"}: ${says}${lasted}`;
    });
  const more = incidents.length - lines.length;
  return [`${title}:`, ...lines, ...(more > 0 ? [`- and ${more} more`] : [])];
}

/** Once a week, silently: a path that nobody uses is a path that nobody knows to be broken. */
function testPaths(telling: Telling): void {
  const { file, now } = telling;
  if (!file.tests) return;
  const last = lastDone(telling, "self-test");
  if (last !== null && now - last < week) return;
  setDone(telling, "self-test");
  // The first time is that of apply.
  if (last !== null) putTests(telling, testableTargets(telling), true);
}

/** Targets that can be told by themselves. */
export function testableTargets({ file }: Telling): string[] {
  const told = Object.values(file.policies).flatMap(({ steps }) => steps.flatMap(({ contacts }) => contacts));
  const used = new Set(
    told.flatMap((name) => file.contacts.find((contact) => contact.name === name)?.targets ?? []),
  );
  return file.targets.flatMap(({ id }) => (used.has(id) || file.digest?.targets.includes(id) ? [id] : []));
}

/** Puts a test for each target, to be tried at once; returns the rows. */
export function putTests(telling: Telling, targets: readonly string[], silent: boolean): number[] {
  const { store, file, now } = telling;
  return targets.flatMap((target) => {
    store.targets.save(file.app, { ...store.targets.state(file.app, target), retryAt: null });
    const row = putMessage(telling, target, {
      kind: "test",
      incident: null,
      severity: "info",
      title: silent ? "the weekly test of this channel" : "this channel works",
      lines: [
        silent
          ? "Nothing has happened. As long as these come, incidents would come, too."
          : "Nothing has happened: Holdfast shows that its messages arrive here.",
      ],
      service: null,
      at: now,
      silent,
    });
    return row === null ? [] : [row];
  });
}

/** What was promised in a review, and is not done by its day; and that it is time to look again. */
function remindOfReviews(telling: Telling): void {
  const { store, file, now } = telling;
  const to = file.digest?.targets ?? [];
  const tell = (title: string, lines: readonly string[]): void => {
    for (const target of to)
      putMessage(telling, target, {
        kind: "notice",
        incident: null,
        severity: "warning",
        title,
        lines,
        service: null,
        at: now,
      });
  };
  for (const { id, name, says, owner, due } of store.reviews.overdueActions(file.app, now, now - week)) {
    tell(`overdue: ${says}`, [
      `${owner} was to do it by ${new Date(due).toISOString().slice(0, 10)}`,
      `from the review of ${name}; when it is done: holdfast incident review ${name} --done NUMBER`,
    ]);
    store.reviews.markActionReminded(id, now);
  }
  for (const { incident, name } of store.reviews.dueReviews(file.app, now)) {
    tell(`it is time to review ${name} again`, [`holdfast incident review ${name}`]);
    store.reviews.markReviewReminded(incident, now);
  }
}

function tidy(telling: Telling): void {
  const { store, file, now } = telling;
  const last = lastDone(telling, "tidy");
  if (last !== null && now - last < day) return;
  setDone(telling, "tidy");
  store.outbox.dropBefore(file.app, now - keepMessages);
}
