/** Properties that do not have the name of their directive, or are made of several (org.freedesktop.systemd1(5)). */
const others: Readonly<Record<string, RegExp>> = {
  EnvironmentFiles: /^EnvironmentFile$/,
  CPUQuotaPerSecUSec: /^CPUQuota$/,
  CPUQuotaPeriodUSec: /^CPUQuotaPeriodSec$/,
  TimersCalendar: /^OnCalendar$/,
  TimersMonotonic: /^On(Active|Boot|Startup|UnitActive|UnitInactive)Sec$/,
  Conditions: /^Condition[A-Z]/,
  Asserts: /^Assert[A-Z]/,
  TimeoutStartUSec: /^Timeout(Start)?Sec$/,
  TimeoutStopUSec: /^Timeout(Stop)?Sec$/,
  RuntimeRandomizedExtraUSec: /^RuntimeRandomizedExtraSec$/,
  IODeviceLatencyTargetUSec: /^IODeviceLatencyTargetSec$/,
  SyslogLevel: /^SyslogLevel$/,
  SyslogPriority: /^Syslog(Level|Facility)$/,
  CPUSchedulingPolicy: /^CPUSchedulingPolicy$/,
  NUMAMask: /^NUMAMask$/,
};

/** The directives that a property shows, as a test of their names. */
export function isDirectiveOf(property: string): (key: string) => boolean {
  const other = others[property];
  if (other) return (key) => other.test(key);
  const name = property
    .replace(/^(Exec[A-Z]\w*?)Ex$/, "$1")
    .replace(/^(Limit[A-Z]+)Soft$/, "$1")
    .replace(/USec$/, "Sec")
    .replace(/Symlink$/, "");
  return (key) => key === property || key === name;
}
