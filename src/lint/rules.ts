import type { Rule } from "./rule.ts";
import { sandboxHomeRules } from "./rules/sandbox-homes.ts";
import { sandboxRules } from "./rules/sandbox.ts";
import { sandboxRuntimeRules } from "./rules/sandbox-runtimes.ts";
import { credentialRules } from "./rules/credentials.ts";
import { accountRules } from "./rules/accounts.ts";
import { directoryRules } from "./rules/directories.ts";
import { pathRules } from "./rules/paths.ts";
import { outputRules } from "./rules/outputs.ts";
import { secretRules } from "./rules/secrets.ts";
import { environmentRules } from "./rules/environment.ts";
import { environmentFileRules } from "./rules/environment-files.ts";
import { execLineRules } from "./rules/exec-lines.ts";
import { execWordRules } from "./rules/exec-words.ts";
import { execVariableRules } from "./rules/exec-variables.ts";
import { execExpansionRules } from "./rules/exec-expansion.ts";
import { programRules } from "./rules/programs.ts";
import { specifierRules } from "./rules/specifiers.ts";
import { capabilityRules } from "./rules/capabilities.ts";
import { commentRules } from "./rules/comments.ts";
import { directiveRules } from "./rules/directives.ts";
import { lineRules } from "./rules/lines.ts";
import { sectionRules } from "./rules/sections.ts";
import { sizeAndTimeRules } from "./rules/sizes-and-times.ts";
import { systemCallRules } from "./rules/system-calls.ts";
import { valueListRules } from "./rules/value-lists.ts";
import { valueRules } from "./rules/values.ts";
import { serviceTypeRules } from "./rules/service-type.ts";
import { notifyRules } from "./rules/notify.ts";
import { restartRules } from "./rules/restart.ts";
import { stopRules } from "./rules/stop.ts";
import { startCommandRules } from "./rules/start-commands.ts";
import { unitNameRules } from "./rules/unit-names.ts";
import { dependencyRules } from "./rules/dependencies.ts";
import { orderingRules } from "./rules/ordering.ts";
import { failureHandlerRules } from "./rules/failure-handlers.ts";
import { installRules } from "./rules/install.ts";
import { templateRules } from "./rules/templates.ts";
import { dropInRules } from "./rules/drop-ins.ts";
import { userUnitRules } from "./rules/user-units.ts";
import { timerRules } from "./rules/timers.ts";
import { timedJobRules } from "./rules/timed-jobs.ts";
import { calendarRules } from "./rules/calendars.ts";
import { clockChangeRules } from "./rules/clock-changes.ts";
import { backgroundRules } from "./rules/background.ts";
import { watchdogRules } from "./rules/watchdog.ts";
import { startLimitRules } from "./rules/start-limits.ts";
import { failureToldRules } from "./rules/failures-told.ts";
import { reloadRules } from "./rules/reload.ts";
import { networkRules } from "./rules/networks.ts";
import { bootJobRules } from "./rules/boot-jobs.ts";
import { userSandboxRules } from "./rules/user-sandbox.ts";
import { timerPrecisionRules } from "./rules/timer-precision.ts";
import { lateJobRules } from "./rules/late-jobs.ts";

/** Every rule, in the order in which they are tried. */
export const lintRules: readonly Rule[] = [
  ...lineRules,
  ...sectionRules,
  ...directiveRules,
  ...commentRules,
  ...valueRules,
  ...valueListRules,
  ...sizeAndTimeRules,
  ...capabilityRules,
  ...systemCallRules,
  ...execLineRules,
  ...execWordRules,
  ...execExpansionRules,
  ...execVariableRules,
  ...programRules,
  ...specifierRules,
  ...accountRules,
  ...sandboxRules,
  ...sandboxHomeRules,
  ...sandboxRuntimeRules,
  ...credentialRules,
  ...pathRules,
  ...directoryRules,
  ...outputRules,
  ...environmentRules,
  ...secretRules,
  ...environmentFileRules,
  ...serviceTypeRules,
  ...backgroundRules,
  ...notifyRules,
  ...watchdogRules,
  ...restartRules,
  ...failureToldRules,
  ...startLimitRules,
  ...stopRules,
  ...reloadRules,
  ...startCommandRules,
  ...unitNameRules,
  ...dependencyRules,
  ...networkRules,
  ...orderingRules,
  ...failureHandlerRules,
  ...installRules,
  ...bootJobRules,
  ...templateRules,
  ...dropInRules,
  ...userUnitRules,
  ...userSandboxRules,
  ...timerRules,
  ...timerPrecisionRules,
  ...timedJobRules,
  ...lateJobRules,
  ...calendarRules,
  ...clockChangeRules,
];
