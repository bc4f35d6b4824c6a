/** What a throwaway host is to be. */
export type ThrowawayOptions = {
  /** Made up when not given. */
  name?: string;
  /** The tree below the overlay: "/" or one made by debootstrap. */
  lower?: string;
  /** "minimal" boots what services need and nothing else; "full" boots what this machine has enabled. */
  target?: "minimal" | "full";
  /** Of all that the host may write, in memory, such as "4G"; 2G or what this machine can spare when not given. */
  sizeLimit?: string;
  hostname?: string;
  /** Directories that must be seen at their own path, read-only where the overlay does not show them already. */
  visible?: readonly string[];
  /** What the application uses apart from `visible`: a network or FUSE file system is shown only when one of them lies there. */
  needs?: readonly string[];
  /** Directories of the machine whose contents the host must not see, or which are too large for it: they are empty there. */
  hide?: readonly string[];
  /** Milliseconds until a boot counts as failed. */
  timeout?: number;
};
