/** What long work tells while it goes on. The work never prints; a voice (text, JSON, none) does. */
export interface Progress {
  /** "Say the action before it": one line as it begins. */
  begin(action: string): void;
  /** "The fact after it": how it ended, with what it took. */
  end(fact: string): void;
}

export const silentProgress: Progress = { begin: () => {}, end: () => {} };
