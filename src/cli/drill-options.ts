/** What holdfast drill was asked for. */
export type DrillCommandOptions = {
  fault?: string[];
  during?: string;
  yes?: boolean;
  reboot?: boolean;
  junit?: string;
  html?: string;
};
