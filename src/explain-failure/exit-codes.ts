import type { Told } from "./voice.ts";

export type ExitCode = Told & { name: string };

/**
 * systemd's own exit codes (systemd.exec(5), "Process Exit Codes"): the program was not even started. What is said here
 * holds always; which path, account or file it was is for find-culprits.ts.
 */
export const exitCodes: Readonly<Record<number, ExitCode>> = {
  200: told(
    "CHDIR",
    "the working directory is missing or the account may not enter it",
    "check WorkingDirectory=, and that every directory above it can be entered (x)",
    "check directory:, and that every directory above it can be entered (x)",
  ),
  201: told("NICE", "the nice level could not be set", "check Nice="),
  202: told("FDS", "file descriptors could not be passed on", "try: systemctl daemon-reexec"),
  203: told(
    "EXEC",
    "the program is missing, is not executable, or its interpreter (first line) is missing",
    "check ExecStart=; try: ls -l on the program",
    "check run:; try: ls -l on the program",
  ),
  204: told("MEMORY", "the machine had no memory left for the start", "free -h; see what uses it"),
  205: told("LIMITS", "a limit could not be set", "check the Limit...= directives"),
  206: told("OOM_ADJUST", "the memory-kill score could not be set", "check OOMScoreAdjust="),
  207: told("SIGNAL_MASK", "the signal mask could not be set", null),
  208: told("STDIN", "the input could not be opened", "check StandardInput="),
  209: told(
    "STDOUT",
    "the output could not be opened",
    "check that the directory of StandardOutput= exists, or leave it to the journal",
  ),
  210: told("CHROOT", "the root directory could not be entered", "check RootDirectory="),
  211: told("IOPRIO", "the I/O priority could not be set", "check IOSchedulingClass="),
  212: told("TIMERSLACK", "the timer slack could not be set", "check TimerSlackNSec="),
  213: told("SECUREBITS", "the secure bits could not be set", "check SecureBits="),
  214: told("SETSCHEDULER", "the scheduling policy could not be set", "check CPUSchedulingPolicy="),
  215: told("CPUAFFINITY", "the processors could not be chosen", "check CPUAffinity= against: nproc"),
  216: told(
    "GROUP",
    "the group does not exist or may not be used",
    "check Group= and SupplementaryGroups=; a user service cannot change its group",
    "check group:",
  ),
  217: told(
    "USER",
    "the account does not exist",
    "check User=; make it: useradd --system NAME",
    "check user:",
  ),
  218: told(
    "CAPABILITIES",
    "the capabilities could not be set; user services cannot drop them",
    "in a user service, remove CapabilityBoundingSet=, PrivateDevices=, ProtectClock=, ProtectKernelModules= and ProtectKernelLogs=, or add PrivateUsers=yes",
    "use system scope with user:",
  ),
  219: told("CGROUP", "the control group could not be made", "see: journalctl -b _PID=1"),
  220: told("SETSID", "the session could not be made", null),
  221: told("CONFIRM", "somebody refused its start at the console", null),
  222: told(
    "STDERR",
    "the error output could not be opened",
    "check that the directory of StandardError= exists, or leave it to the journal",
  ),
  224: told(
    "PAM",
    "PAM refused its session",
    "check PAMName=, and the log of PAM: journalctl -t sudo -t login",
  ),
  225: told(
    "NETWORK",
    "the network namespace could not be made",
    "check PrivateNetwork= and NetworkNamespacePath=",
  ),
  226: told(
    "NAMESPACE",
    "the sandbox could not be made; most often a path it needs does not exist",
    'check that every path of ReadWritePaths=, BindPaths= and the like exists; "-" in front of it makes it optional',
    "check that every path of writes: exists",
  ),
  227: told("NO_NEW_PRIVILEGES", "NoNewPrivileges= could not be set", null),
  228: told(
    "SECCOMP",
    "the system-call filter could not be set",
    "in a user service, SystemCallFilter= needs NoNewPrivileges=yes; a kernel without seccomp has no filter",
    "hardening: { allow: [all-system-calls] }",
  ),
  229: told("SELINUX_CONTEXT", "the SELinux context could not be set", "check SELinuxContext="),
  230: told("PERSONALITY", "the execution domain could not be set", "check Personality="),
  231: told(
    "APPARMOR",
    "the AppArmor profile could not be taken on; most often it is not loaded",
    "load it: apparmor_parser -r /etc/apparmor.d/NAME; check AppArmorProfile=",
    "load it again: apparmor_parser -r /etc/apparmor.d/holdfast.APP-SERVICE; to do without: hardening: { apparmor: false }",
  ),
  232: told("ADDRESS_FAMILIES", "RestrictAddressFamilies= could not be set", null),
  233: told(
    "RUNTIME_DIRECTORY",
    "the runtime directory could not be made",
    "check RuntimeDirectory= and /run",
  ),
  235: told("CHOWN", "a socket could not be given to its account", "check SocketUser= and SocketGroup="),
  236: told("SMACK_PROCESS_LABEL", "the SMACK label could not be set", "check SmackProcessLabel="),
  237: told("KEYRING", "the kernel keyring could not be set up", "try KeyringMode=inherit"),
  238: told("STATE_DIRECTORY", "the state directory could not be made", "check StateDirectory= and /var/lib"),
  239: told(
    "CACHE_DIRECTORY",
    "the cache directory could not be made",
    "check CacheDirectory= and /var/cache",
  ),
  240: told("LOGS_DIRECTORY", "the log directory could not be made", "check LogsDirectory= and /var/log"),
  241: told(
    "CONFIGURATION_DIRECTORY",
    "the configuration directory could not be made",
    "check ConfigurationDirectory= and /etc",
  ),
  242: told("NUMA_POLICY", "the NUMA policy could not be set", "check NUMAPolicy= and NUMAMask="),
  243: told(
    "CREDENTIALS",
    "a secret's file is missing, or could not be decrypted on this host",
    "check LoadCredential= and LoadCredentialEncrypted=",
    "check secrets:",
  ),
  244: told(
    "BPF",
    "a BPF program of its sandbox could not be loaded",
    "check RestrictFileSystems= and IPAddressDeny=",
  ),
};

function told(name: string, sentence: string, unit: string | null, spec?: string): ExitCode {
  return { name, sentence, unit, ...(spec === undefined ? {} : { spec }) };
}

/** "203/EXEC", as systemd writes it; null for a code that is not systemd's. */
export function exitCodeName(status: number): string | null {
  const found = exitCodes[status];
  return found === undefined ? null : `${status}/${found.name}`;
}
