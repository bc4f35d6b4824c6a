import * as fc from "fast-check";
import { expect, test } from "vitest";
import { DueQueue } from "./due-queue.ts";

test("gives keys in the order of their last time, each once, whatever was set, deleted and taken before", () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), key: fc.nat(9), at: fc.nat(100) }),
    fc.record({ kind: fc.constant("delete" as const), key: fc.nat(9), at: fc.constant(0) }),
    fc.record({ kind: fc.constant("take" as const), key: fc.constant(0), at: fc.nat(100) }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
      const queue = new DueQueue<number>();
      const model = new Map<number, number>();
      const earliest = (): number | null => (model.size === 0 ? null : Math.min(...model.values()));
      for (const { kind, key, at } of actions) {
        if (kind === "set") {
          queue.set(key, at);
          model.set(key, at);
        } else if (kind === "delete") {
          queue.delete(key);
          model.delete(key);
        } else {
          const taken = queue.take(at);
          const first = earliest();
          if (first === null || first > at) expect(taken).toBeNull();
          else {
            expect(model.get(taken!)).toBe(first);
            model.delete(taken!);
          }
        }
        expect(queue.next()).toBe(earliest());
      }
    }),
  );
});
