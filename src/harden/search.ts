/** Something that can be on in several ways: the tightest first. After the last way comes off. */
export type Ladder = { id: string; rungs: number };

/** On which rung each thing is; a number equal to its `rungs` means off. */
export type Choice = ReadonlyMap<string, number>;

/** What a probe found; `why` says what broke. */
export type Probed<Why> = { passed: true } | { passed: false; why: Why };

/** A rung that the program did not survive, with what broke. `flaky`: it broke once and passed when it was tried again. */
export type Failure<Why> = { id: string; rung: number; why: Why; flaky: boolean };

export type Found<Why> = { choice: Choice; failures: readonly Failure<Why>[]; probes: number };

export type SearchOptions<Why> = {
  ladders: readonly Ladder[];
  /** Things that are known to be likely to break it: they are tried one by one, after the rest. */
  suspects?: ReadonlySet<string>;
  probe: (choice: Choice) => Promise<Probed<Why>>;
  /** How often a rung must break the program before it is taken for broken; 2 when not given. */
  times?: number;
};

/**
 * Finds a choice that passes and in which nothing can be put a rung tighter. Everything is tried at once first; what
 * fails is halved until one thing is left, which then goes down its ladder. The order of `ladders` decides what stays when
 * two things cannot be had together: the earlier one. It holds as long as loosening never breaks what passed.
 */
export async function findTightest<Why>(options: SearchOptions<Why>): Promise<Found<Why>> {
  const { ladders, suspects = new Set<string>(), probe, times = 2 } = options;
  const off = new Map(ladders.map(({ id, rungs }) => [id, rungs]));
  const choice = new Map(off);
  const failures: Failure<Why>[] = [];
  let probes = 0;

  const passes = async (with_: readonly Ladder[], rung: (one: Ladder) => number): Promise<Probed<Why>> => {
    probes += 1;
    return probe(new Map([...choice, ...with_.map((one) => [one.id, rung(one)] as const)]));
  };
  const take = (group: readonly Ladder[]): void => group.forEach(({ id }) => choice.set(id, 0));

  /** `fails`: it is known already that the whole group does not pass. */
  const settle = async (group: readonly Ladder[], fails: boolean): Promise<void> => {
    if (group.length === 0) return;
    if (group.length === 1) return descend(group[0]!);
    if (!fails && (await passes(group, () => 0)).passed) return take(group);
    const middle = Math.ceil(group.length / 2);
    const [first, second] = [group.slice(0, middle), group.slice(middle)];
    const before = failures.length;
    await settle(first, false);
    // If nothing broke in the first half, what breaks is in the second.
    await settle(second, failures.length === before);
  };

  const descend = async (one: Ladder): Promise<void> => {
    for (let rung = 0; rung < one.rungs; rung++) {
      const tried = await tryRung(one, rung);
      if (tried.passed) {
        choice.set(one.id, rung);
        return;
      }
    }
  };

  const tryRung = async (one: Ladder, rung: number): Promise<Probed<Why>> => {
    const first = await passes([one], () => rung);
    if (first.passed) return first;
    for (let again = 1; again < times; again++) {
      if (!(await passes([one], () => rung)).passed) continue;
      failures.push({ id: one.id, rung, why: first.why, flaky: true });
      return { passed: true };
    }
    failures.push({ id: one.id, rung, why: first.why, flaky: false });
    return first;
  };

  const plain = ladders.filter(({ id }) => !suspects.has(id));
  await settle(plain, false);
  for (const one of ladders.filter(({ id }) => suspects.has(id))) await descend(one);
  return { choice, failures, probes };
}

/** The most probes that a search takes: everything at once, then a way down the halves for each thing that breaks. */
export function mostProbes(things: number, broken: number, rungs: number, times = 2): number {
  const depth = Math.ceil(Math.log2(Math.max(2, things)));
  return 1 + broken * (2 * depth + rungs * times);
}
