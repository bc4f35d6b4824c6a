import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Received } from "../servers/order.ts";
import { startMailReceiver, type MailReceiver } from "../servers/smtp-receiver.ts";
import { authority, email, login, lookup, mailHeaders, never, open } from "./channel-parts.ts";
import { messageOf } from "./channel.contract.ts";

let mails: Received[] = [];
let mailServer: MailReceiver;
beforeAll(async () => {
  mailServer = await startMailReceiver({
    order: () => "ok",
    onMail: (mail) => mails.push(mail),
    certificate: authority.issue(["mail.example.org"], [-1, 90]),
    login,
  });
});
afterAll(() => mailServer.close());

describe("email", () => {
  const send = async (server: string, changes: object = {}, message = messageOf()): Promise<unknown> => {
    mails = [];
    return (await open({ ...email(server), ...changes }, { lookup, patience: 2000 })).send(message, never);
  };
  const at = (host: string): string => `smtp://${host}:${mailServer.port}`;

  test("goes to all, by TLS, in the thread of its incident", async () => {
    const sent = await send(at("mail.example.org"));
    expect(sent).toEqual({ result: "sent", providerId: "<01JDM2X7-row-7@example.org>" });
    expect(mails[0]!.headers).toEqual({ to: "ada@example.org,bob@example.org", secure: "true" });
    const thread = "<host1-polybot-20261129-155003.thread@example.org>";
    expect(mailHeaders(mails[0]!)).toMatchObject({
      subject: "[High] polybot/bot on vps1: bot is frozen: no beat for 31s (INC-20261129-155003 #2)",
      from: "Holdfast <alerts@example.org>",
      "message-id": "<01JDM2X7-row-7@example.org>",
      references: thread,
      "in-reply-to": thread,
      "x-holdfast-incident": "INC-20261129-155003",
      importance: "high",
    });
  });

  test("is not sent without TLS, or to a server that cannot prove its name, unless that is this host", async () => {
    expect(await send(at("other.example.org"))).toMatchObject({
      result: "later",
      why: `TLS: the certificate of other.example.org:${mailServer.port} is for another name`,
    });
    expect(mails).toEqual([]);
    expect(await send(at("localhost"))).toMatchObject({ result: "sent" });
    expect(mails[0]!.headers["secure"]).toBe("true");
    const plain = await startMailReceiver({
      order: () => "ok",
      onMail: (mail) => mails.push(mail),
      certificate: null,
      login: null,
    });
    const refused = await send(`smtp://mail.example.org:${plain.port}`);
    expect(refused).toMatchObject({ result: "later", ambiguous: false });
    expect(mails).toEqual([]);
    const nobody = { user: null, passwordCredential: null };
    expect(await send(`smtp://127.0.0.1:${plain.port}`, nobody)).toMatchObject({ result: "sent" });
    expect(mails[0]!.headers["secure"]).toBe("false");
    await plain.close();
  });

  test("speaks TLS from the start with smtps", async () => {
    const secure = await startMailReceiver({
      order: () => "ok",
      onMail: (mail) => mails.push(mail),
      certificate: authority.issue(["mail.example.org"], [-1, 90]),
      secure: true,
      login,
    });
    expect(await send(`smtps://mail.example.org:${secure.port}`)).toMatchObject({ result: "sent" });
    expect(mails[0]!.headers["secure"]).toBe("true");
    await secure.close();
  });

  test("says for whom a mail was not taken, and is refused when for nobody", async () => {
    const some = await send(at("mail.example.org"), { to: ["ada@example.org", "unknown@example.org"] });
    expect(some).toEqual({
      result: "sent",
      providerId: "<01JDM2X7-row-7@example.org>, but not for unknown@example.org: 550 No such user",
    });
    const none = await send(at("mail.example.org"), { to: ["unknown@example.org"] });
    expect(none).toMatchObject({ result: "refused" });
  });

  test("is refused for a wrong password, which the server repeats and we do not", async () => {
    expect(await send(at("mail.example.org"), { user: "somebody" })).toEqual({
      result: "refused",
      why: `mail.example.org:${mailServer.port} answers with 535 Authentication failed for somebody, [secret], [secret]`,
    });
  });

  test("has settings that can be used, or says so", async () => {
    expect(await send("mail.example.org")).toMatchObject({ result: "refused" });
    expect(await send("http://mail.example.org")).toMatchObject({ result: "refused" });
  });
});
