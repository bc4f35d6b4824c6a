import { putMessage } from "./put-messages.ts";
import type { Telling } from "./telling.ts";

/**
 * Says that a drill is overdue, to those who get the digest, once for each time that it is due. Within the transaction of whoever
 * calls. Returns whether it was news.
 */
export function remindOfDrill(
  telling: Telling,
  { due, says, fix }: { due: number; says: string; fix: string },
): boolean {
  const { store, file, now } = telling;
  const mark = String(due);
  if (store.marks.get(file.app, told) === mark) return false;
  store.marks.save(file.app, told, mark);
  for (const target of file.digest?.targets ?? [])
    putMessage(telling, target, {
      kind: "notice",
      incident: null,
      severity: "warning",
      title: says,
      lines: ["Nothing is wrong: nobody has seen for long whether it comes back.", fix],
      service: null,
      at: now,
    });
  return true;
}

const told = "drill-overdue";
