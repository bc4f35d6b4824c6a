import { describeDuration } from "../../value/duration.ts";
import type { Moment, Outcome } from "../outcome.ts";
import { text } from "./html-page.ts";

/** More moments than these are folded away below the picture. */
const atOnce = 8;

/**
 * The time of one fault: how long nobody noticed, how long it was known and not yet mended, and each moment as a mark. Places are
 * shares of the width, so that it fits a phone; what is written stands below it as text.
 */
export function timeline(one: Outcome): string {
  const { from = 0, millis } = one;
  // A missed slot is told at its own time, hours after the rehearsal: on the picture that is the end.
  const moments = one.timeline.map((moment) => ({ ...moment, at: Math.min(moment.at, millis) }));
  if (moments.length === 0) return "";
  const after = (millis: number | null) => (millis === null ? null : from + millis);
  const [detect, recover] = [after(one.detect), after(one.recover)];
  const last = Math.max(1000, recover ?? 0, detect ?? 0, ...moments.map(({ at }) => at));
  const share = (at: number) => `${((Math.min(Math.max(0, at), last) / last) * 98 + 1).toFixed(2)}%`;
  const width = (start: number, to: number) => `${(((Math.min(to, last) - start) / last) * 98).toFixed(2)}%`;
  const bar = (start: number, to: number, color: string) =>
    to <= start
      ? ""
      : `<rect x="${share(start)}" width="${width(start, to)}" y="9" height="10" fill="var(--${color})"/>`;
  const seen = Math.min(detect ?? recover ?? last, recover ?? last);
  const bars = [
    bar(from, seen, "bad-bar"),
    bar(seen, recover ?? last, "seen-bar"),
    bar(recover ?? last, last, "good-bar"),
  ];
  return `<svg class="time" role="img" aria-label="${text(inWords(one, last - from))}">${bars.join("")}${moments.map((moment) => mark(moment, share(moment.at))).join("")}</svg>
<div class="scale" aria-hidden="true"><span>0</span><span>${describeDuration(last)}</span></div>
${listed(moments)}`;
}

/** What the colours of the pictures mean, once on a page. */
export const legend = `<p class="dim legend"><span><i class="swatch" style="background: var(--bad-bar)"></i>not noticed</span> <span><i class="swatch" style="background: var(--seen-bar)"></i>noticed, not ready</span> <span><i class="swatch" style="background: var(--good-bar)"></i>ready again</span> The colours begin with the fault.</p>`;

function inWords({ detect, recover }: Outcome, last: number): string {
  const seen = detect === null ? [] : [`noticed after ${describeDuration(detect)}`];
  const ready = recover === null ? "not ready again" : `ready after ${describeDuration(recover)}`;
  return `The first ${describeDuration(last)} from the fault on: ${[...seen, ready].join(", ")}`;
}

const colors: Readonly<Record<Moment["kind"], string>> = {
  fault: "broken",
  state: "dim",
  told: "gap",
  check: "kept",
};

function mark({ kind }: Moment, x: string): string {
  if (kind === "state")
    return `<line x1="${x}" x2="${x}" y1="5" y2="23" stroke="var(--dim)" stroke-width="1.5"/>`;
  return `<circle cx="${x}" cy="14" r="5.5" fill="var(--${colors[kind]})" stroke="Canvas"/>`;
}

function listed(moments: readonly Moment[]): string {
  const rows = moments.map(
    ({ at, what }) =>
      `<li><span class="at">${(at / 1000).toFixed(2)} s</span><span>${text(what)}</span></li>`,
  );
  const list = `<ol class="moments">${rows.join("")}</ol>`;
  return moments.length <= atOnce
    ? list
    : `<details><summary>${moments.length} moments, one by one</summary>${list}</details>`;
}
