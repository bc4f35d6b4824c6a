import { describe, expect, test } from "vitest";
import type { ChannelSettings } from "../../src/compile/channel-kinds.ts";
import { waitUntil } from "../story/wait.ts";
import {
  fieldsOf,
  never,
  open,
  secrets,
  sharedProviders,
  slackBot,
  slackWebhook,
  type Fields,
} from "./channel-parts.ts";
import { listening } from "./channel-listening.ts";
import { messageOf } from "./channel.contract.ts";

const shared = sharedProviders();

describe("slack", () => {
  const api = (): string => shared.at("slack");

  test("has buttons where a message may be acknowledged and somebody hears them", async () => {
    shared.received = [];
    shared.order = "ok";
    expect(await (await open(slackBot(api()))).send(messageOf(), never)).toEqual({
      result: "sent",
      providerId: "1732870800.000100",
    });
    const deaf = { ...slackBot(api()), appTokenCredential: null } as ChannelSettings;
    expect("listen" in (await open(deaf))).toBe(false);
    expect("listen" in (await open(slackWebhook(api())))).toBe(false);
    await (await open(deaf)).send(messageOf(), never);
    await (await open(slackBot(api()))).send(messageOf({ kind: "resolve", acknowledgeable: false }), never);
    const [buttons, ...without] = shared.received.map(fieldsOf) as [Fields, Fields, Fields];
    expect(buttons).toMatchObject({
      channel: "C024BE91L",
      blocks: [
        { type: "section", text: { type: "plain_text" } },
        {
          type: "actions",
          elements: [
            { action_id: "ack", value: "INC-20261129-155003" },
            { action_id: "mute", value: "INC-20261129-155003" },
          ],
        },
      ],
    });
    for (const one of without) expect(one).not.toHaveProperty("blocks");
    expect(shared.received[0]!.headers["authorization"]).toBe(`Bearer ${secrets["slackBot"]}`);
  });

  test("reads a refusal out of an answer with status 200", async () => {
    shared.order = "ok";
    const lost = { ...slackBot(api()), channel: "C404" } as ChannelSettings;
    expect(await (await open(lost)).send(messageOf(), never)).toEqual({
      result: "refused",
      why: `127.0.0.1:${shared.providers.port} answers with channel_not_found`,
    });
  });

  test("hears buttons, and acknowledges an envelope after its act is done", async () => {
    shared.received = [];
    shared.order = "ok";
    const { sockets } = shared.providers;
    const press = (id: string, changes: object = {}): void =>
      sockets.press(id, {
        type: "block_actions",
        user: { id: "U061F7AUR", username: "ada" },
        channel: { id: "C024BE91L" },
        actions: [{ action_id: "ack", value: "INC-20261129-155003" }],
        ...changes,
      });
    let failures = 0;
    const { heard, troubles, cursors } = await listening(slackBot(api()), {
      onAct: async (line) => {
        if (line.includes("INC-9") && failures++ === 0) throw new Error("the disk is full");
        if (!sockets.acknowledged.includes("e0")) press("e0", { type: "view_submission" });
        // What came later is acknowledged, so that what is not acknowledged is still to be.
        await waitUntil("another is acknowledged", () => sockets.acknowledged.includes("e0"));
        expect(sockets.acknowledged).not.toContain("e1");
      },
      act: async () => {
        await waitUntil("it is connected", () => sockets.size === 1);
        press("e1");
        await waitUntil("it is acknowledged", () => sockets.acknowledged.includes("e1"));
        press("e2", { channel: { id: "C666" } });
        await waitUntil("it is acknowledged", () => sockets.acknowledged.includes("e2"));
        sockets.askToReconnect();
        await waitUntil("it has come again", () => sockets.tickets === 2 && sockets.size === 1);
        sockets.dropAll();
        await waitUntil("it has come again", () => sockets.tickets === 3 && sockets.size === 1);
        press("e3", { actions: [{ action_id: "mute", value: "INC-9" }] });
        await waitUntil("it has come again", () => sockets.tickets === 4 && sockets.size === 1);
      },
    });
    expect(heard).toEqual(["acknowledge INC-20261129-155003 slack:U061F7AUR ada"]);
    expect(sockets.acknowledged).toEqual(["e0", "e1", "e2"]);
    expect(cursors).toEqual([]);
    expect(troubles).toEqual(["Slack: the connection was closed", null, "Slack: the disk is full", null]);
    const answers = shared.received.filter(({ path }) => path.endsWith("chat.postEphemeral")).map(fieldsOf);
    expect(answers.map(({ text, user }) => `${String(user)} ${String(text)}`)).toEqual([
      "U061F7AUR done: acknowledge",
      "U061F7AUR This channel may not answer here.",
    ]);
    await waitUntil("it has hung up", () => sockets.size === 0);
  });

  test("goes on trying when it cannot listen, and never shows a token", async () => {
    shared.received = [];
    shared.order = "401";
    const { troubles } = await listening(slackBot(api()), {
      act: () => waitUntil("it has tried again", () => shared.received.length >= 3),
    });
    expect(troubles[0]).toBe(`127.0.0.1:${shared.providers.port} answers with invalid_auth`);
  });
});
