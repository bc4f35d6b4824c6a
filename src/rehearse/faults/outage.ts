import { describeDuration, parseDuration } from "../../value/duration.ts";
import type { UpstreamSpec } from "../../spec/upstream-schema.ts";
import type { Scene } from "../fault.ts";
import type { Seen } from "../outcome.ts";
import type { Asked, StubMode } from "../inside/stub-plan.ts";
import type { Stage } from "../stage.ts";
import type { Subject } from "../subject.ts";
import { lookAt } from "../watch-unit.ts";
import { patienceFor, whyNot } from "./comes-back.ts";
import { askedBy, rhythmOf } from "./requests.ts";
import { Tally } from "./tally.ts";

const second = 1000;
/** How long an outage lasts at least, and at most when a check is to see it. */
const shortest = 5 * second;
const longest = { healing: 12 * second, dependency: 30 * second };
/** Programs wait up to half a minute for an answer before they try again. */
const timeOut = 40 * second;

/** What a service talks to, as the spec says. */
export function upstreamsOf({ name }: Subject, { spec }: Stage): [string, UpstreamSpec][] {
  return Object.entries(spec.upstreams ?? {}).filter(
    ([, { for: users }]) => users === undefined || users.includes(name),
  );
}

/** Breaks one upstream for a while, mends it, and says how the service came through. */
export async function outage(scene: Scene, upstream: string, mode: StubMode, what: string): Promise<Seen> {
  const { subject, stage, watch } = scene;
  const { name } = subject;
  const depends = subject.rule.checks.find(({ dependency }) => subject.watched && dependency === upstream);
  const rhythm = await rhythmOf(scene, upstream);
  const tally = new Tally(await watch.look());
  const since = await setMode(scene, upstream, mode);
  watch.note("fault", `${upstream} ${what}`);
  let during: readonly Asked[] = [];
  let health: string | null = null;
  let mended = since;
  try {
    await watch.until(holdFor(subject, upstream), (seen) => tally.isOver(seen));
    during = await askedBy(scene, upstream, since);
    health = depends ? await healthOf(scene) : null;
    if (health !== null) watch.note("check", `it is called ${health}`);
  } finally {
    mended = await setMode(scene, upstream, "ok");
  }
  const mendedAt = watch.now;
  watch.note("fault", `${upstream} is back`);
  let isReady = false;
  const patience =
    Math.max(patienceFor(subject), mode === "hang" || mode === "slow" ? timeOut : 0) + 3 * (rhythm ?? 0);
  const end = await watch.until(patience, async (seen) => {
    if (tally.isOver(seen)) return true;
    isReady = seen.active === "active" && seen.pid !== 0 && (await stage.isReady(subject));
    return isReady && (rhythm === null || (await askedBy(scene, upstream, mended)).length > 0);
  });
  const recover = watch.now - mendedAt;
  await resetOthers(scene);

  const promise = `${name} comes through when ${upstream} ${what}, and works again once it is back`;
  const because = depends ? `the check ${depends.id}, dependency: ${upstream}` : `upstreams.${upstream}`;
  const broken = (says: string, fix: string): Seen => ({ verdict: "broken", promise, because, says, fix });
  if (tally.gaveUp)
    return broken(
      `it ended ${times(tally.restarts + 1)} while ${upstream} was away and systemd gave it up: it stays down though ${upstream} is back${ownTime(stage, subject)}`,
      `let the program wait and try again by itself, or give it more room: services.${name}.restart: { max-delay: 5m }`,
    );
  if (mode === "expired" && during.length > 0)
    return broken(
      `it went on with a certificate that has expired: ${count(during.length, "request")}`,
      "let the program verify certificates: anybody could stand between",
    );
  if (!end) {
    if (isReady) await stage.holdfast("restart", `${subject.app}/${name}`);
    return isReady
      ? broken(
          `it runs and calls itself ready, but did not ask ${upstream} again within ${describeDuration(recover)}; before it did so every ${describeDuration(Math.max(rhythm ?? 0, 1))}`,
          `give its requests a time-out; a check that sees work being done would find it: services.${name}.health: [{ beat: { within: 1m } }]`,
        )
      : broken(
          `it was not ready ${describeDuration(recover)} after ${upstream} was back: ${await whyNot(scene)}`,
          `see: holdfast diagnose ${name}`,
        );
  }
  watch.note("check", rhythm === null ? "ready again" : `ready again, and asks ${upstream}`);
  const through = tally.restarts === 0 ? "stayed up" : `was restarted ${times(tally.restarts)}`;
  const healed = `Holdfast restarted it ${times(tally.heals)} for what a restart cannot mend`;
  if (tally.heals > 0 && depends)
    return broken(`${healed}, although it depends on ${upstream}`, `see: holdfast history ${name}`);
  if (tally.heals > 0)
    return {
      verdict: "gap",
      promise,
      because,
      recover,
      says: healed,
      fix: `say that it depends on it: services.${name}.health: [{ tcp: { port: ${placeOf(stage, upstream)}, dependency: ${upstream} } }]`,
    };
  return {
    verdict: "kept",
    promise,
    because,
    recover,
    says: [
      `${through}${health === null ? "" : `, was called ${health}`}`,
      rhythm === null
        ? `ready (it asks ${upstream} too seldom to see it ask again)`
        : `asked ${upstream} again after ${describeDuration(recover)}`,
    ].join(", "),
  };
}

/** What the outage did to its neighbours is shown when it is their turn; until then they begin anew. */
async function resetOthers({ subject, stage }: Scene): Promise<void> {
  for (const { app, name, unit } of stage.subjects)
    if (name !== subject.name && (await lookAt(stage.outside, unit)).active === "failed")
      await stage.holdfast("reset", `${app}/${name}`, "--why", "the rehearsal goes on");
}

async function setMode({ stage }: Scene, upstream: string, mode: StubMode): Promise<number> {
  await stage.inside.setUpstream(upstream, mode);
  return (await stage.inside.askedUpstreams(Number.MAX_SAFE_INTEGER)).now;
}

/** Long enough that its checks see the outage; a check that a rehearsal cannot wait for is not waited for at all. */
function holdFor({ rule, watched }: Subject, upstream: string): number {
  const spans = (watched ? rule.checks : []).map(({ every, fails, timeout, dependency, heals, look }) => {
    if (look.kind === "unit" || (dependency !== upstream && !heals)) return 0;
    const silence = look.kind === "beat" ? look.within : "fresh" in look ? (look.fresh ?? 0) : 0;
    const span = silence > 0 ? silence + 2 * second : every * (fails.of + 1) + Math.min(timeout, 2 * second);
    return span <= (dependency === upstream ? longest.dependency : longest.healing) ? span : 0;
  });
  return Math.max(shortest, ...spans);
}

/** "degraded by broker", as status has it; null when it has nothing. */
async function healthOf({ subject: { app, name }, stage }: Scene): Promise<string | null> {
  const { stdout } = await stage.holdfast("--json", "status", `${app}/${name}`);
  try {
    const { services } = JSON.parse(stdout) as {
      services?: { watch?: { health?: { overall: string; dependency?: string | null } | null } }[];
    };
    const health = services?.[0]?.watch?.health;
    if (!health) return null;
    return health.dependency ? `${health.overall} by ${health.dependency}` : health.overall;
  } catch {
    return null;
  }
}

/** What the shortened pause stands for. */
function ownTime(stage: Stage, { name, restart }: Subject): string {
  const key = `services.${name}.restart.delay`;
  const paced =
    "paced" in stage ? (stage.paced as { shortened: readonly { key: string; from: string }[] }) : null;
  const from = parseDuration(paced?.shortened.find((one) => one.key === key)?.from ?? "");
  return from.ok
    ? `; with its own delay of ${describeDuration(from.value)}, an outage of ${describeDuration(from.value * restart.limit.count)} does that`
    : "";
}

function placeOf({ spec }: Stage, upstream: string): string {
  const { host, port } = spec.upstreams![upstream]!.url;
  return `"${host.includes(":") ? `[${host}]` : host}:${port}"`;
}

function times(number: number): string {
  return number === 1 ? "once" : number === 2 ? "twice" : `${number} times`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
