import { existsSync, renameSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Scope } from "../host/host.ts";
import { Changes } from "../store/changes.ts";
import { makeTables, openDatabase, stateDirectory } from "../store/open-store.ts";
import { Records } from "../store/records.ts";
import { Outbox } from "../store/outbox.ts";
import { Silences } from "../store/silences.ts";
import { WatchRecord } from "../store/watch.ts";
import { Teller } from "../tell/teller.ts";
import type { Say } from "./say.ts";

/** How a damaged database looks to SQLite (https://sqlite.org/rescode.html: SQLITE_CORRUPT, SQLITE_NOTADB). */
const damaged = /malformed|not a database|corrupt|disk image/i;

/** So many pieces of writing wait for a record that cannot be written; the oldest are given up. */
const mostWaiting = 1000;

/**
 * The record as the agent uses it. Whatever happens to it, watching goes on: what cannot be written is kept in memory and
 * written later, and a damaged record is put aside and begun anew.
 */
export class Memory {
  readonly #scope: Scope;
  readonly #say: Say;
  #database: DatabaseSync;
  watch!: WatchRecord;
  changes!: Changes;
  records!: Records;
  silences!: Silences;
  outbox!: Outbox;
  /** Why the record cannot be written at present; null when it can. */
  trouble: string | null = null;
  /** It is not the real one, which could not be opened: tried again at every tick. */
  #stopgap = false;
  #waiting: ((record: WatchRecord) => void)[] = [];

  constructor(scope: Scope, say: Say) {
    this.#scope = scope;
    this.#say = say;
    this.#database = this.#open();
    this.#use(this.#database);
  }

  /** Is what carries out heals reading the same record? */
  get isShared(): boolean {
    return !this.#stopgap;
  }

  /** Writes in one transaction; `lightly` when a power cut may take it back. What cannot be written now is written later. */
  write(how: "lasting" | "lightly", work: (record: WatchRecord) => void): boolean {
    if (this.#waiting.length > 0 && !this.#writeWaiting()) return this.#keep(work);
    return this.#tryToWrite(() => this.#transact(how, work)) || this.#keep(work);
  }

  /** Writes something that others go by, or throws: there is no later for it. */
  writeNow<T>(work: (record: WatchRecord) => T): T {
    if (this.#stopgap) throw new Error(this.trouble ?? "the record cannot be used");
    return work(this.watch);
  }

  /** Reads; `instead` when the record cannot be read. */
  read<T>(instead: T, work: (memory: Memory) => T): T {
    let found = instead;
    this.#try(() => (found = work(this)));
    return found;
  }

  /** Tries again what could not be done before. */
  retry(): void {
    if (this.#stopgap) this.#reopen();
    if (this.#waiting.length > 0) this.#writeWaiting();
  }

  close(): void {
    this.#try(() => this.#database.close());
  }

  #transact(how: "lasting" | "lightly", work: (record: WatchRecord) => void): void {
    const whole = (): void => work(this.watch);
    if (how === "lasting") this.watch.together(whole);
    else this.watch.lightly(whole);
  }

  #keep(work: (record: WatchRecord) => void): boolean {
    this.#waiting.push(work);
    if (this.#waiting.length > mostWaiting) this.#waiting.shift();
    return false;
  }

  #writeWaiting(): boolean {
    const waiting = this.#waiting;
    const done = this.#tryToWrite(() =>
      this.#transact("lasting", (record) => waiting.forEach((work) => work(record))),
    );
    if (done) this.#waiting = [];
    return done;
  }

  /** Says it when it begins to fail and when it works again, not each time. */
  #try(work: () => void): boolean {
    try {
      work();
    } catch (error) {
      const message = (error as Error).message;
      if (this.trouble === null)
        this.#say(
          3,
          `${message}; watching and healing go on from memory, and it is written when that can be done`,
        );
      this.trouble = message;
      if (damaged.test(message) && !this.#stopgap) this.#putAside();
      return false;
    }
    return true;
  }

  /** Only what was written shows that it can be: reading goes on with a full disk. */
  #tryToWrite(work: () => void): boolean {
    if (!this.#try(work)) return false;
    if (this.trouble !== null && !this.#stopgap) {
      this.#say(5, "the record can be written again");
      this.trouble = null;
    }
    return true;
  }

  #open(): DatabaseSync {
    try {
      return openDatabase(this.#scope, { write: true })!;
    } catch (error) {
      const { message } = error as Error;
      if (!damaged.test(message)) return this.#makeStopgap(message);
      this.#rename(message);
      try {
        return openDatabase(this.#scope, { write: true })!;
      } catch (again) {
        return this.#makeStopgap((again as Error).message);
      }
    }
  }

  #use(database: DatabaseSync): void {
    this.#database = database;
    const teller = new Teller(database, { scope: this.#scope, say: this.#say });
    this.watch = new WatchRecord(database, teller);
    this.changes = new Changes(database);
    this.records = new Records(database, teller);
    this.silences = new Silences(database);
    this.outbox = new Outbox(database);
  }

  #makeStopgap(message: string): DatabaseSync {
    this.#say(
      1,
      `${message}. Watching goes on with a record in memory; budgets and breakers of before are not known`,
    );
    this.trouble = message;
    this.#stopgap = true;
    const database = new DatabaseSync(":memory:");
    makeTables(database);
    return database;
  }

  #reopen(): void {
    try {
      const database = openDatabase(this.#scope, { write: true })!;
      this.#database.close();
      this.#use(database);
      this.#stopgap = false;
      this.trouble = null;
      this.#say(5, "the record can be used");
    } catch {
      // Said when it began.
    }
  }

  #putAside(): void {
    try {
      this.#database.close();
    } catch {
      // It is damaged.
    }
    this.#rename(this.trouble!);
    this.#use(this.#open());
  }

  /** The database and what belongs to it, so that nothing of the old one is taken for a part of the new one. */
  #rename(why: string): void {
    const path = join(stateDirectory(this.#scope), "holdfast.db");
    const aside = `${path}.damaged-${new Date().toISOString().replaceAll(":", "")}`;
    for (const suffix of ["", "-wal", "-shm"])
      if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
    this.#say(
      1,
      `the record was damaged (${why}). It is kept as ${aside}, and a new one was begun: what was applied, paused and counted before is not known any more. Running services are not affected; apply each application once more`,
    );
  }
}
