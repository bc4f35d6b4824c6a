import { exitCode, HoldfastError } from "../report/diagnostic.ts";
import type { Style } from "../report/style.ts";
import { preview, type Preview } from "../tell/preview.ts";
import { severities, type Severity } from "../value/severity.ts";
import { testableTargets } from "../tell/routine.ts";
import type { Telling } from "../tell/telling.ts";
import { describeDuration } from "../value/duration.ts";
import { printable } from "../value/printable.ts";
import { chooseApp } from "./choose.ts";
import { describeRow } from "./describe-incident.ts";
import { changeTelling, chooseSubject } from "./incident.ts";
import { testTargets, type Tested } from "./notify-test.ts";
import { maskFor } from "./session-mask.ts";
import type { Session } from "./session.ts";

const hour = 3_600_000;

/** What telling goes by in an application that tells; throws when it does not. */
function tellingOf(session: Session, app: string): Telling {
  const telling = session.record()?.teller.telling(app);
  if (telling !== undefined && telling.file.channels.length > 0) return telling;
  throw new HoldfastError({
    severity: "error",
    code: "notify/nobody",
    summary: `No one is told of "${app}": its spec has no notify`,
    fix: "add notify: and apply (see: holdfast explain notify)",
  });
}

/** holdfast notify test: a message through each channel, and whether it has arrived. */
export async function runNotifyTest(
  session: Session,
  names: readonly string[],
  options: { app?: string },
): Promise<number> {
  const app = chooseApp(session, options.app);
  await session.assertMayChange("test channels", "notify test");
  const telling = tellingOf(session, app);
  const known = telling.file.targets.map(({ id }) => id);
  for (const name of names)
    if (!known.some((id) => id === name || id.startsWith(`${name}/`)))
      throw new HoldfastError(
        {
          severity: "error",
          code: "usage/unknown-name",
          summary: `Cannot find the channel "${name}" among ${known.join(", ")}`,
          fix: known[0]!,
        },
        exitCode.usage,
      );
  const targets =
    names.length === 0
      ? testableTargets(telling)
      : known.filter((id) =>
          names.some((name) => id === name || (id.startsWith(`${name}/`) && !known.includes(name))),
        );
  const tested = await testTargets(session, app, targets);
  session.out.result({ app, tested }, tested.map((one) => describeTested(one, session.out.style)).join("\n"));
  return tested.every(({ ok }) => ok) ? exitCode.done : exitCode.failed;
}

export function describeTested({ target, ok, says }: Tested, style: Style): string {
  return `${ok ? style.good("✓") : style.bad("✗")} ${target}  ${printable(says)}`;
}

/** holdfast notify preview: who would be told if it failed now, and when. */
export async function runNotifyPreview(
  session: Session,
  name: string | undefined,
  options: { severity?: string; at?: string },
): Promise<number> {
  const { app, service } = await chooseSubject(session, name);
  const { file, store } = tellingOf(session, app);
  const now = options.at === undefined ? Date.now() : Date.parse(options.at);
  const wanted = severities.filter((one) => options.severity === undefined || one === options.severity);
  if (Number.isNaN(now) || wanted.length === 0)
    throw new HoldfastError(
      {
        severity: "error",
        code: "usage/bad-preview",
        summary: `Cannot foresee that: ${Number.isNaN(now) ? `"${options.at}" is no time` : `"${options.severity}" is no severity`}`,
        fix: "holdfast notify preview bot --severity critical --at 2026-12-24T03:00:00Z",
      },
      exitCode.usage,
    );
  const silences = store.silences.inForce(app, now);
  const foreseen = wanted.map((severity) => ({
    severity,
    ...preview(file, { service, severity, now, silences, mayHeal: false }),
  }));
  session.out.result(
    { app, service, now, foreseen },
    foreseen
      .map((one) => describePreview(file.policies[one.severity].label, one, session.out.style, now))
      .join("\n"),
  );
  return exitCode.done;
}

function describePreview(
  label: string,
  { severity, told, notes, endsAt }: Preview & { severity: Severity },
  style: Style,
  now: number,
): string {
  const head = style.strong(label === severity ? severity : `${label} (${severity})`);
  if (told.length === 0 && notes.length === 0) return `${head}\n  nobody is told; it is on record`;
  const after = (at: number): string => (at - now < 1000 ? "at once" : `after ${describeDuration(at - now)}`);
  const lines = [
    ...notes.map(({ at, says }) => ({ at, text: `${after(at)}: ${says}` })),
    ...told.map(({ at, sent, target, says }) => ({
      at,
      text: `    ${target}: ${says}${sent > at ? ` until ${new Date(sent).toISOString()}` : ""}`,
    })),
  ].toSorted((a, b) => a.at - b.at);
  return [
    head,
    ...lines.map(({ text }) => `  ${printable(text)}`),
    ...(endsAt === null ? [] : [`  ${after(endsAt)}: reminders, until it is over`]),
  ].join("\n");
}

/** holdfast notify status: how the channels are doing. */
export async function runNotifyStatus(session: Session, app: string | undefined): Promise<number> {
  const chosen = chooseApp(session, app);
  const { file, store, now } = tellingOf(session, chosen);
  const states = new Map(store.targets.all(chosen).map((state) => [state.target, state]));
  const targets = file.targets.map(({ id }) => ({
    ...store.targets.state(chosen, id),
    ...states.get(id),
    pending: store.outbox.pending(chosen, id).length,
  }));
  const silences = store.silences.inForce(chosen, now);
  const ago = (at: number | null): string =>
    at === null ? "never" : `${describeDuration(Math.max(0, now - at))} ago`;
  const { style } = session.out;
  const mask = await maskFor(session, [chosen]);
  const lines = targets.map(
    ({ target, lastSuccess, failingSince, lastError, brokenWhy, pending, testedAt }) => {
      const bad = failingSince !== null || brokenWhy !== null;
      const mark = bad ? style.bad("✗") : lastSuccess === null ? style.warn("○") : style.good("●");
      const trouble = bad ? `  ${printable(brokenWhy ?? lastError ?? "")}` : "";
      return `  ${mark} ${target.padEnd(16)} delivered ${ago(lastSuccess)}, tested ${ago(testedAt)}, ${pending} wait${trouble}`;
    },
  );
  const held = silences.map(
    ({ kind, service, who, why, until }) =>
      `  ! ${kind} of ${service ?? "everything"} by ${who}${until === null ? "" : ` for another ${describeDuration(until - now)}`}: ${why}`,
  );
  session.out.result(
    mask.value({ app: chosen, targets, silences }),
    mask.text([style.strong(chosen), ...lines, ...held].join("\n")),
  );
  return targets.some(({ brokenWhy }) => brokenWhy !== null) ? exitCode.failed : exitCode.done;
}

/** holdfast notify list: the outbox. */
export async function runNotifyList(
  session: Session,
  app: string | undefined,
  options: { dead?: boolean; pending?: boolean; lines: string },
): Promise<number> {
  const chosen = chooseApp(session, app);
  const { store } = tellingOf(session, chosen);
  const status = options.dead ? "dead" : options.pending ? "pending" : undefined;
  const rows = store.outbox.list(chosen, {
    limit: Number(options.lines) || 50,
    ...(status ? { status } : {}),
  });
  const mask = await maskFor(session, [chosen]);
  const text = rows.map(
    (row) =>
      `${String(row.id).padStart(5)}  ${session.out.style.dim(new Date(row.created).toISOString().slice(0, 19))}Z  ${describeRow(row, session.out.style)}  ${printable(row.title)}`,
  );
  session.out.result(
    mask.value({ app: chosen, messages: rows }),
    mask.text(text.length === 0 ? "There is no such message." : text.join("\n")),
  );
  return exitCode.done;
}

/** holdfast notify retry and drop: of one message, by its number. */
export async function runNotifyChange(
  session: Session,
  what: "retry" | "drop",
  number: string,
  options: { app?: string },
): Promise<number> {
  const app = chooseApp(session, options.app);
  const id = Number(number);
  const done = await changeTelling(
    session,
    app,
    `${what} a message`,
    `notify ${what} ${number}`,
    ({ store, now, wake }) => {
      const row = store.outbox.get(id);
      if (row === null || row.app !== app) return null;
      if (what === "drop") {
        store.outbox.supersede([id], now, `dropped by ${session.who}`);
        return row.status === "pending";
      }
      store.targets.save(app, { ...store.targets.state(app, row.target), retryAt: null });
      const again = store.outbox.retry(id, now, now + 12 * hour);
      store.outbox.hurry(app, row.target, now);
      wake();
      return again || row.status === "pending";
    },
  );
  if (done === null)
    throw new HoldfastError(
      {
        severity: "error",
        code: "usage/unknown-message",
        summary: `Cannot find message ${number} of "${app}"`,
        fix: "holdfast notify list",
      },
      exitCode.usage,
    );
  session.out.result(
    { message: id, changed: done },
    done
      ? `Message ${id} is ${what === "drop" ? "dropped" : "tried again"}.`
      : `Message ${id} has ended already.`,
  );
  return exitCode.done;
}
