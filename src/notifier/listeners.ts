import type { Channel, ChannelAct } from "../tell/channel.ts";
import { acknowledge, resolveByHand, silence } from "../tell/people.ts";
import type { ChannelRule } from "../compile/tell-rule.ts";
import type { Telling } from "../tell/telling.ts";

type ListenersOptions = {
  telling: () => Telling;
  together: <T>(work: () => T) => T;
  open: (channel: ChannelRule) => Promise<Channel>;
  say: (level: number, text: string) => void;
  signal: AbortSignal;
};

const hour = 3_600_000;
/** Nobody presses a button of long ago; holdfast incident ack works for ever. */
const answerable = 24 * hour;

/** Hears what people answer in channels that can, for as long as there is something to answer. */
export class Listeners {
  readonly #options: ListenersOptions;
  readonly #open = new Map<string, { ending: AbortController; ended: Promise<void> }>();

  constructor(options: ListenersOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Begins and ends listening, as what is open has it. */
  follow(): void {
    const telling = this.#options.telling();
    const wanted = new Map(
      telling.file.channels.flatMap((one) => (isAsked(telling, one) ? [[one.name, one]] : [])),
    );
    for (const [name, { ending }] of this.#open)
      if (!wanted.has(name)) {
        ending.abort();
        this.#open.delete(name);
      }
    for (const channel of wanted.values()) if (!this.#open.has(channel.name)) this.#listen(channel);
  }

  async close(): Promise<void> {
    for (const { ending } of this.#open.values()) ending.abort();
    await Promise.allSettled([...this.#open.values()].map(({ ended }) => ended));
  }

  #listen(channel: ChannelRule): void {
    const { telling, together, open, say, signal } = this.#options;
    const ending = new AbortController();
    const either = AbortSignal.any([ending.signal, signal]);
    const mark = `cursor:${channel.name}`;
    const ended = open(channel)
      .then((opened) =>
        opened.listen?.({
          onAct: (act) => this.#act(channel, act),
          cursor: {
            read: () => {
              const { store, file } = telling();
              return store.marks.get(file.app, mark);
            },
            write: (cursor) =>
              together(() => {
                const { store, file } = telling();
                store.marks.save(file.app, mark, cursor);
              }),
          },
          onTrouble: (why) =>
            say(
              why === null ? 5 : 4,
              `${channel.name}: ${why === null ? "answers are heard again" : `answers cannot be heard: ${why}`}`,
            ),
          signal: either,
        }),
      )
      .catch((error: unknown) =>
        say(3, `${channel.name}: answers cannot be heard: ${(error as Error).message}`),
      );
    this.#open.set(channel.name, { ending, ended });
  }

  async #act(channel: ChannelRule, act: ChannelAct): Promise<void> {
    const { together, say } = this.#options;
    const says = together(() => this.#doAct(channel, act));
    say(5, `${channel.name}: ${act.act} of ${act.incident} by ${act.by}: ${says}`);
    await act.answer(says);
  }

  #doAct({ name, mayAct }: ChannelRule, { act, incident: asked, by, name: who }: ChannelAct): string {
    const telling = this.#options.telling();
    const { store, file, now } = telling;
    const incident = store.incidents.named(asked);
    if (incident === null || incident.app !== file.app) return `${asked} is not known here`;
    if (!mayAct.includes(by)) {
      store.incidents.addEvent(incident.id, now, "note", by, `${who} may not answer in ${name}: refused`);
      return `You (${by}) may not answer here. Ask for being listed in may-answer.`;
    }
    const person = { who: `${who} (${by})`, via: name };
    if (act === "resolve") {
      if (incident.state === "resolved") return `${incident.name} is over already`;
      resolveByHand(telling, incident, person, "called over in the chat");
      return `${incident.name} is over`;
    }
    if (act === "mute") {
      const about = { kind: "mute", service: incident.service, since: now, untilResolved: false } as const;
      silence(telling, person, { ...about, until: now + hour, why: `muted in ${name}` });
      return `${incident.service ?? file.app} is muted for 1 h`;
    }
    return acknowledge(telling, incident, person, { note: null, holds: null }).says;
  }
}

/** Is there an open incident of the last day that was told there? */
function isAsked({ store, file, now }: Telling, channel: ChannelRule): boolean {
  if (channel.mayAct.length === 0) return false;
  const targets = new Set(file.targets.filter((one) => one.channel === channel.name).map(({ id }) => id));
  return store.incidents
    .unresolved(file.app)
    .some((incident) =>
      store.outbox
        .ofIncident(incident.id)
        .some(({ target, sent }) => sent !== null && targets.has(target) && now - sent < answerable),
    );
}
