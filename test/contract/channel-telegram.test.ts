import { describe, expect, test } from "vitest";
import type { ChannelSettings } from "../../src/compile/channel-kinds.ts";
import { waitUntil } from "../story/wait.ts";
import { fieldsOf, never, open, sharedProviders, telegram, type Fields } from "./channel-parts.ts";
import { listening } from "./channel-listening.ts";
import { messageOf } from "./channel.contract.ts";

const shared = sharedProviders();

describe("telegram", () => {
  test("has buttons where a message may be acknowledged, no sound where it is silent, and no previews", async () => {
    shared.received = [];
    shared.order = "ok";
    const channel = await open(telegram(shared.at("telegram")));
    expect(await channel.send(messageOf(), never)).toMatchObject({
      result: "sent",
      providerId: expect.stringMatching(/^\d+$/) as string,
    });
    await channel.send(messageOf({ kind: "test", silent: true }), never);
    const [loud, silent] = shared.received.map(fieldsOf) as [Fields, Fields];
    expect(loud).toMatchObject({
      chat_id: "-100123",
      disable_notification: false,
      link_preview_options: { is_disabled: true },
      reply_markup: {
        inline_keyboard: [
          [
            { text: "Acknowledge", callback_data: "ack:INC-20261129-155003" },
            { text: "Mute 1 h", callback_data: "mute:INC-20261129-155003" },
          ],
        ],
      },
    });
    expect(silent).toMatchObject({ disable_notification: true });
    expect(silent).not.toHaveProperty("reply_markup");
  });

  test("is refused by a chat that is not there, a token that is not known, and a group that has moved", async () => {
    shared.order = "ok";
    const api = shared.at("telegram");
    const send = async (changes: object): Promise<unknown> => {
      const channel = await open({ ...telegram(api), ...changes });
      return channel.send(messageOf(), never);
    };
    expect(await send({ chat: "-404" })).toEqual({
      result: "refused",
      why: `127.0.0.1:${shared.providers.port} answers with 400: Bad Request: chat not found`,
    });
    expect(await send({ tokenCredential: "webhook" })).toMatchObject({ result: "refused" });
    expect(await send({ tokenCredential: "nothing" })).toEqual({
      result: "refused",
      why: "the credential nothing is empty",
    });
    expect(await send({ chat: "-1" })).toMatchObject({
      why: expect.stringMatching(/; write chat: "-1001"$/) as string,
    });
  });
});

const button = (data: string, changes: object = {}): Record<string, unknown> => ({
  callback_query: {
    id: "4711",
    from: { id: 12_345, username: "ada", first_name: "Ada" },
    message: { message_id: 7, chat: { id: -100_123 } },
    data,
    ...changes,
  },
});

const said = (text: string, changes: object = {}): Record<string, unknown> => ({
  message: {
    message_id: 8,
    from: { id: 12_345, first_name: "Ada", last_name: "L\u202e" },
    chat: { id: -100_123 },
    text,
    ...changes,
  },
});

describe("telegram, listening", () => {
  const settings = (): ChannelSettings => telegram(shared.at("telegram"));
  const answers = (): unknown[] =>
    shared.received.filter(({ path }) => /answerCallbackQuery|sendMessage/.test(path)).map(fieldsOf);

  test("hears buttons and words, and moves its cursor after each act is done", async () => {
    shared.received = [];
    shared.order = "ok";
    const first = shared.providers.updates.push(button("ack:INC-20261129-155003"));
    const { heard, troubles, cursors } = await listening(settings(), {
      act: async (heard) => {
        await waitUntil("the first is done", () => heard.includes(`cursor ${first + 1}`));
        await waitUntil("it waits for more", () => shared.providers.updates.polled);
        shared.providers.updates.push(said("/ack@holdfast_bot INC-20261129-155003"));
        shared.providers.updates.push(said("/mute", { reply_to_message: { text: "[High] x (INC-7 #2)" } }));
        const last = shared.providers.updates.push(said("hello, /ack nobody"));
        await waitUntil("all are done", () => heard.includes(`cursor ${last + 1}`));
        await waitUntil("all are confirmed", () => shared.providers.updates.pending.length === 0);
      },
    });
    expect(heard).toEqual([
      "acknowledge INC-20261129-155003 telegram:12345 @ada",
      `cursor ${first + 1}`,
      "acknowledge INC-20261129-155003 telegram:12345 Ada L\\u{202e}",
      `cursor ${first + 2}`,
      "mute INC-7 telegram:12345 Ada L\\u{202e}",
      `cursor ${first + 3}`,
      `cursor ${first + 4}`,
    ]);
    expect(troubles).toEqual([]);
    expect(cursors).toHaveLength(4);
    expect(answers()).toEqual([
      { callback_query_id: "4711", text: "done: acknowledge" },
      { chat_id: -100_123, text: "done: acknowledge", reply_parameters: { message_id: 8 } },
      { chat_id: -100_123, text: "done: mute", reply_parameters: { message_id: 8 } },
    ]);
    expect(shared.received.map(({ path }) => path).find((path) => path.endsWith("getUpdates"))).toBeDefined();
  });

  test("takes no orders from another chat, and says so to who presses", async () => {
    shared.received = [];
    shared.order = "ok";
    const elsewhere = { message: { chat: { id: 666 } } };
    shared.providers.updates.push(button("ack:INC-1", elsewhere));
    shared.providers.updates.push(said("/ack INC-1", { chat: { id: 666 } }));
    shared.providers.updates.push(button("ack:INC-1", { from: {} }));
    shared.providers.updates.push(button("delete:INC-1"));
    const last = shared.providers.updates.push({ message: null });
    const { heard } = await listening(settings(), {
      act: (heard) => waitUntil("all are read", () => heard.includes(`cursor ${last + 1}`)),
    });
    expect(heard.filter((line) => !line.startsWith("cursor"))).toEqual([]);
    const refusal = { callback_query_id: "4711", text: "This chat may not answer here." };
    expect(answers()).toEqual([refusal, refusal]);
  });

  test("asks again for an act that failed, and for all after a connection that broke", async () => {
    shared.received = [];
    shared.order = "ok";
    let failures = 0;
    const first = shared.providers.updates.push(button("mute:INC-2"));
    const { heard, troubles } = await listening(settings(), {
      onAct: () => {
        if (failures++ === 0) throw new Error("the disk is full");
      },
      act: async (heard) => {
        await waitUntil("it is done", () => heard.includes(`cursor ${first + 1}`));
        await waitUntil("it waits for more", () => shared.providers.updates.polled);
        shared.order = "401";
        const second = shared.providers.updates.push(button("ack:INC-3"));
        await waitUntil("it is done", () => heard.includes(`cursor ${second + 1}`));
        await waitUntil("it is refused", () => shared.received.length > 6);
        shared.order = "ok";
        const third = shared.providers.updates.push(button("ack:INC-4"));
        await waitUntil("it is done", () => heard.includes(`cursor ${third + 1}`));
      },
    });
    expect(
      heard.filter((line) => !line.startsWith("cursor")).map((line) => line.slice(0, 18).trim()),
    ).toEqual(["mute INC-2 telegra", "acknowledge INC-3", "acknowledge INC-4"]);
    expect(troubles[0]).toBe("the disk is full");
    expect(troubles[1]).toBeNull();
    expect(troubles[2]).toContain("answers with 401: Unauthorized: bot[secret]");
    expect(troubles.at(-1)).toBeNull();
  });
});
