import { expect } from "vitest";
import type { Listening } from "../../src/tell/channel.ts";
import type { ChannelSettings } from "../../src/compile/channel-kinds.ts";
import { hidden, open } from "./channel-parts.ts";

/** Listens until `act` is done; gives what was heard, in order. */
export async function listening(
  settings: ChannelSettings,
  {
    act,
    onAct,
    cursor = null,
  }: {
    act: (heard: string[]) => Promise<unknown>;
    onAct?: (heard: string) => unknown;
    cursor?: string | null;
  },
): Promise<{ heard: string[]; troubles: (string | null)[]; cursors: string[] }> {
  const stop = new AbortController();
  const [heard, troubles, cursors]: [string[], (string | null)[], string[]] = [[], [], []];
  const listen: Listening = {
    onAct: async ({ act, incident, by, name, answer }) => {
      const line = `${act} ${incident} ${by} ${name}`;
      await onAct?.(line);
      heard.push(line);
      await answer(`done: ${act}`);
      await answer("a second answer");
    },
    cursor: {
      read: () => cursors.at(-1) ?? cursor,
      write: (text) => {
        cursors.push(text);
        heard.push(`cursor ${text}`);
      },
    },
    onTrouble: (why) => troubles.push(why),
    signal: stop.signal,
  };
  const channel = await open(settings, { patience: 2000 });
  const ended = channel.listen!(listen);
  try {
    await act(heard);
  } finally {
    stop.abort();
    await ended;
  }
  for (const secret of hidden) expect(JSON.stringify(troubles)).not.toContain(secret);
  return { heard, troubles, cursors };
}
