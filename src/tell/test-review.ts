import type { HealRow } from "../heal/heal-row.ts";
import { Reviews } from "../store/reviews.ts";
import { putDuties } from "./duties.ts";
import { acknowledge } from "./people.ts";
import { takeTransition } from "./raise.ts";
import type { ReviewFacts } from "./review-facts.ts";
import { step, tellFileWith, testTelling, type TestTelling } from "./test-telling.ts";

const minute = 60_000;

/** For tests: what is on record after an incident was told, acknowledged, healed and over, with the words that are given. */
export function lifeOfAnIncident(words: { says?: string; why?: string } = {}): {
  telling: TestTelling;
  reviews: Reviews;
  facts: () => ReviewFacts;
} {
  const steps = [
    { ...step("team"), level: "L1", duties: ["look at the checks", "restart it"] },
    { ...step("boss"), level: "L2", duties: [] },
  ];
  const telling = testTelling(tellFileWith(steps, { label: "High" }));
  const { store } = telling;
  const reviews = new Reviews(telling.database);
  const began = telling.now;
  telling.now += 2000;
  const about = { service: "bot", source: "check", subject: "beat" } as const;
  takeTransition(telling, {
    ...about,
    change: "raise",
    at: began,
    severity: "error",
    says: words.says ?? "beat of bot has failed",
    mayHeal: false,
  });
  const { id } = store.incidents.list("polybot")[0]!;
  const send = (): void =>
    store.outbox.markSent(
      store.outbox.list("polybot", { status: "pending" }).map((row) => row.id),
      (telling.now += 1000),
      null,
    );
  send();
  telling.now = began + 2 * minute;
  acknowledge(telling, store.incidents.get(id)!, { who: "anna", via: "cli" }, { note: "on it", holds: null });
  putDuties(reviews, store.incidents.get(id)!);
  reviews.tickDuty(id, 1, "anna", telling.now + 30_000);
  telling.now = began + 5 * minute;
  takeTransition(telling, { ...about, change: "clear", at: telling.now, says: "it is good again" });
  send();
  return {
    telling,
    reviews,
    facts: () => ({
      incident: store.incidents.get(id)!,
      alerts: store.incidents.alertsOf(id),
      timeline: store.incidents.timeline(id),
      messages: store.outbox.ofIncident(id),
      heals: [healRow(began, words.why ?? "no beat for 31 s")],
      changed: [{ at: began - 10 * minute, kind: "change", says: "apply generation 5, by anna: applied" }],
      similar: store.incidents.similar(store.incidents.get(id)!),
      evidence: [],
      duties: reviews.duties(id),
      answers: reviews.answers(id),
      actions: reviews.actions(id),
      nextReview: reviews.nextReview(id),
    }),
  };
}

function healRow(began: number, why: string): HealRow {
  return {
    id: 7,
    app: "polybot",
    service: "bot",
    unit: "polybot-bot.service",
    at: began + 3 * minute,
    who: "holdfast-agent",
    act: "restart",
    cause: "frozen",
    check: "beat",
    why,
    counts: true,
    step: "prove",
    pidBefore: 1,
    invocationBefore: null,
    alongside: [],
    pidAfter: 2,
    evidence: null,
    readyAt: began + 3 * minute + 5000,
    finished: began + 5 * minute,
    outcome: "helped",
    detail: null,
  };
}
