import { readdirSync, readFileSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { sayToJournal } from "../agent/say.ts";
import type { Host, Scope } from "../host/host.ts";
import { openLocalHost } from "../host/local.ts";
import { Changes } from "../store/changes.ts";
import { readGeneration } from "../store/generations.ts";
import { openDatabase, stateDirectory, together } from "../store/open-store.ts";
import { Records } from "../store/records.ts";
import { makeReserve } from "../store/reserve.ts";
import { WatchRecord } from "../store/watch.ts";
import type { Desired } from "../plan/desired.ts";
import { openChannel } from "../tell/channels/open-channel.ts";
import type { ChannelSettings } from "../compile/channel-kinds.ts";
import { lookAgain, nextLook } from "../tell/look-again.ts";
import type { Voice } from "../tell/make-message.ts";
import { Teller, wakeFile } from "../tell/teller.ts";
import { readAppMask, shapesMask, type AppMask } from "../observe/app-mask.ts";
import { Secret } from "../value/secret.ts";
import { Afterwards } from "./afterwards.ts";
import { Notifier } from "./notifier.ts";

/**
 * holdfast notifier APP: sends what is to be told, and goes when there is nothing. Started by systemd: by a path unit when
 * something is recorded, and by a timer. Killed at any moment, the next one goes on with what is on record.
 */
export async function runNotifier(words: readonly string[]): Promise<number> {
  Buffer.poolSize = 8192;
  const scope: Scope = words.includes("--user") ? "user" : "system";
  const [, app = ""] = words.filter((word) => word !== "--user");
  const say = sayToJournal;
  const directory = stateDirectory(scope);
  const database = openDatabase(scope, { write: true })!;
  const teller = new Teller(database, { scope, say });
  const watch = new WatchRecord(database, teller);
  const host = await openLocalHost(scope);
  const { file } = teller.telling(app);
  if (file.channels.length === 0) {
    // Nobody is told of it, or not any more.
    rmSync(wakeFile(directory, app), { force: true });
    database.close();
    return 0;
  }
  makeReserve(directory);
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stop.abort());
  const changes = new Changes(database);
  const generation = changes.generationInForce(app);
  const desired = readDesired(host, directory, app, generation);
  const mask = desired.then((found) => readAppMask(host, found, [], ownSecrets()));
  const voice = mask.then((found) => makeVoice(found, say));
  const afterwards = new Afterwards({
    host,
    app,
    teller,
    watch,
    database,
    stateDirectory: directory,
    desired,
    generation,
    mask,
    changes,
    records: new Records(database, teller),
    say,
  });
  let watchedByAgent = false;
  void desired.then((found) => (watchedByAgent = found?.watch.supervision === "agent"));
  const notifier = new Notifier({
    telling: () => teller.telling(app),
    together: (work) => together(database, work),
    open: ({ settings }, target) =>
      openChannel(addressed(settings, target?.to ?? null), readCredential, { now: Date.now }),
    voice: () => voice,
    say,
    chance: Math.random,
    wakeFile: wakeFile(directory, app),
    look: (telling) => lookAgain(telling, watch, watchedByAgent),
    nextLook,
    after: () => afterwards.run(),
    isOutdated: () => teller.telling(app).file !== file && teller.telling(app).file.channels.length > 0,
    signal: stop.signal,
  });
  try {
    // Before the first step of a ladder is due: nobody is called once more about what is over.
    await afterwards.endMended();
    await notifier.run();
    return 0;
  } finally {
    database.close();
    await host.close();
  }
}

/** To whom, where it is not the channel's own. */
function addressed(settings: ChannelSettings, to: string | null): ChannelSettings {
  if (to === null) return settings;
  switch (settings.kind) {
    case "email":
      return { ...settings, to: [to] };
    case "telegram":
      return { ...settings, chat: to };
    case "ntfy":
      return { ...settings, topic: to };
    case "command":
      return { ...settings, argv: [...settings.argv, to] };
    default:
      return settings;
  }
}

/** What it was given itself need not be decrypted once more. */
function ownSecrets(): { name: string; value: Secret }[] {
  const directory = process.env["CREDENTIALS_DIRECTORY"];
  if (directory === undefined) return [];
  return readdirSync(directory).map((name) => ({ name, value: readCredential(name) }));
}

/** As systemd hands them over (systemd.exec(5), LoadCredential=). */
function readCredential(id: string): Secret {
  const directory = process.env["CREDENTIALS_DIRECTORY"];
  if (directory === undefined) throw new Error("there are no credentials: it is started by its unit");
  return new Secret(readFileSync(join(directory, id), "utf8").trim());
}

async function readDesired(
  host: Host,
  directory: string,
  app: string,
  number: number | null,
): Promise<Desired | null> {
  if (number === null) return null;
  const generation = await readGeneration(host.files, directory, app, number).catch(() => null);
  return generation?.desired ?? null;
}

/** What cannot be read cannot be hidden by name: then at least what looks like a secret is. */
function makeVoice(mask: AppMask | null, say: typeof sayToJournal): Voice {
  if (mask === null)
    say(4, "some secrets cannot be read, and only what looks like one is hidden in messages");
  return { host: hostname(), mask: mask ?? shapesMask };
}
