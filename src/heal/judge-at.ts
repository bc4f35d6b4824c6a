/** When a reading was taken, and since when silence may be held against the service. Milliseconds since the epoch. */
export type JudgeAt = {
  now: number;
  activeSince: number | null;
  grace: number;
  /** Since when the hours of the check have been open; null or missing: always. */
  openSince?: number | null;
  /**
   * When the clock was set or the host slept; null: not since somebody watches. Missing: nobody can know, and a long time
   * without a look counts as such.
   */
  clockSetAt?: number | null;
};
