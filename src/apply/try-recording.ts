import type { Diagnostic } from "../report/diagnostic.ts";
import type { Records } from "../store/records.ts";

/** Writes into the record what was done on the host already. That it cannot be written is a warning and undoes nothing. */
export function tryRecording(open: () => Records | null, write: (records: Records) => void): Diagnostic[] {
  try {
    const records = open();
    if (records) write(records);
    return [];
  } catch (error) {
    return [notRecorded((error as Error).message)];
  }
}

export function notRecorded(reason: string): Diagnostic {
  return {
    severity: "warning",
    code: "operate/not-recorded",
    summary: `This cannot be recorded: ${reason}`,
    detail: "it is done all the same, but apply and history do not know of it",
    fix: "make room, then do it again",
  };
}
