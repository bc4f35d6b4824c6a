/** Accounts and groups of a host as its files tell; a directory service may know more. */
export class Accounts {
  readonly #users = new Map<number, string>();
  readonly #ids = new Map<string, number>();
  readonly #groups = new Map<number, { name: string; members: Set<number> }>();

  /** Of the text of /etc/passwd and /etc/group (passwd(5), group(5)). */
  constructor(passwd: string, group: string) {
    const primary: [number, number][] = [];
    for (const [name = "", , uid, gid] of fieldsOf(passwd)) {
      if (!/^\d+$/.test(uid ?? "")) continue;
      // Two names of one number: the first is the one that programs show.
      if (!this.#users.has(Number(uid))) this.#users.set(Number(uid), name);
      this.#ids.set(name, Number(uid));
      if (/^\d+$/.test(gid ?? "")) primary.push([Number(gid), Number(uid)]);
    }
    for (const [name = "", , gid, members = ""] of fieldsOf(group)) {
      if (!/^\d+$/.test(gid ?? "")) continue;
      const uids = members.split(",").flatMap((member) => this.#ids.get(member) ?? []);
      this.#groups.set(Number(gid), { name, members: new Set(uids) });
    }
    for (const [gid, uid] of primary) this.#groups.get(gid)?.members.add(uid);
  }

  user(uid: number): string {
    return this.#users.get(uid) ?? `account number ${uid}`;
  }

  /** As chown(1) takes it. */
  owner(uid: number): string {
    return this.#users.get(uid) ?? String(uid);
  }

  uid(name: string): number | null {
    return this.#ids.get(name) ?? null;
  }

  group(gid: number): string {
    return this.#groups.get(gid)?.name ?? `number ${gid}`;
  }

  /** Who is in it, by a primary group too. */
  members(gid: number): readonly number[] {
    return [...(this.#groups.get(gid)?.members ?? [])];
  }
}

function fieldsOf(text: string): string[][] {
  return text.split("\n").flatMap((line) => (line === "" || line.startsWith("#") ? [] : [line.split(":")]));
}
