/** systemd's names for what happened, from sd-messages.h of systemd; the texts around them may change, these do not. */
export const messageId = {
  starting: "7d4958e842da4a758f6c1cdc7b36dcc5",
  started: "39f53479d3a045ac8e11786248231fbf",
  startFailed: "be02cf6855d2428ba40df7e9d022f03d",
  stopping: "de5b426a63be47a7b6ac3eaac82e2f6f",
  stopped: "9d1aaa27d60140bd96365438aad20286",
  /** A process of the unit ended: EXIT_CODE=, EXIT_STATUS=. */
  processExit: "98e322203f7a4ed290d09fe03c09fe15",
  /** It ended well. */
  success: "7ad2d189f7e94e70a38c781354912448",
  /** It ended badly: UNIT_RESULT=. */
  failureResult: "d9b373ed55a64feb8242e02dbe79a49c",
  restartScheduled: "5eb03494b6584870a536b337290809b3",
  /** The program could not be run; comes from the process that tried, not from PID 1. */
  spawnFailed: "641257651c1b4ec9a8624d7a40a9e1e7",
  outOfMemory: "fe6faa94e7774663a0da52717891d8ef",
  skipped: "0e4284a0caca4bfc81c0bb6786972673",
  coreDump: "fc2e22bc6ee647b6b90729ab34a250b1",
  journalStopped: "d93fb3c9c24d451a97cea615ce59c00b",
  /** journald says how large it is and may become. */
  journalUsage: "ec387f577b844b8fa948f33cad9a75e6",
  /** Lines that journald threw away because they came too fast: N_DROPPED=. */
  journalDropped: "a596d6fe7bfa4994828e72309e95d61e",
} as const;
