/** Every kind of finding, with why it matters; docs/audit.md lists them. */
export const catalog = {
  "audit/unit-changed":
    "what runs is not what was reviewed and applied; whoever changed the file chose the program and its rights",
  "audit/unit-drop-in": "a drop-in changes the unit without the spec saying so",
  "audit/unit-writable": "whoever may write a unit file decides what systemd runs, as any account",
  "audit/env-file-readable": "whoever reads the file has every key and password in it",
  "audit/env-file-writable":
    "a variable such as LD_PRELOAD or PATH makes the service run another program's code",
  "audit/env-file-of-service":
    "systemd reads the file as root; an intruder in the service could change its settings for good",
  "audit/root-code-writable": "whoever may change it becomes root at its next run",
  "audit/code-writable": "whoever may change it runs code as the service, with all its keys",
  "audit/code-of-service": "an intruder in the service can change its program and so stay after a restart",
  "audit/credential-readable": "whoever reads it has the secret",
  "audit/credential-writable": "whoever may change it chooses what the service believes in",
  "audit/state-writable": "others may change what the service has written and trusts",
  "audit/state-readable": "others may read what the service keeps",
  "audit/backup-readable": "a backup holds what the original holds, secrets too, without its protection",
  "audit/path-writable": "a program put there runs instead of the one that was meant",
  "audit/secret-in-unit":
    "unit files and what systemctl show says of them can be read by every account of the host",
  "audit/secret-in-arguments": "the process list shows arguments to every account of the host",
  "audit/secret-in-environment":
    "variables go to every child and are in reach of whoever may read the process",
  "audit/secret-in-journal": "logs are kept long, copied and shown to many",
  "audit/secret-in-git": "it is in every clone, for ever; removing the line does not take it back",
  "audit/env-file-in-git": "the settings of a host, with their secrets, go wherever the repository goes",
  "audit/env-file-not-ignored": "one git add . and the secrets are in the repository",
  "audit/listener-undeclared": "nobody has decided that this port is open, so nobody guards it",
  "audit/listener-open": "what was meant for this machine alone answers the network",
  "audit/sandbox-score": "the service is less shut in than was promised",
  "audit/sandbox-off": "an intruder in the service has all that its account has",
  "audit/runs-as-root": "an intruder in the service is root",
  "audit/vulnerable-package": "known ways in, which others look for",
  "audit/security-updates": "known ways in, which others look for, and the mend is there",
  "audit/updates": "what is mended in them is not mended here",
  "audit/reboot-needed": "the kernel or libraries in use are the old ones until then",
} as const;

export type FindingId = keyof typeof catalog;
