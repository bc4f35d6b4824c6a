export const generatorDirectory = "/usr/lib/systemd/system-generators";

/** Units that would touch the machine outside (clock, kernel settings, entropy, modules, disks) or need its hardware. */
export const sharedMasks = [
  "systemd-sysctl.service",
  "procps.service",
  "systemd-modules-load.service",
  "systemd-random-seed.service",
  "systemd-timesyncd.service",
  "systemd-remount-fs.service",
  "systemd-binfmt.service",
  "systemd-pstore.service",
  "systemd-udevd.service",
  "systemd-udevd-control.socket",
  "systemd-udevd-kernel.socket",
  "systemd-udev-trigger.service",
  "systemd-journald-audit.socket",
  "kmod-static-nodes.service",
  "proc-sys-fs-binfmt_misc.automount",
  "dev-hugepages.mount",
  "sys-fs-fuse-connections.mount",
  "sys-kernel-config.mount",
  "sys-kernel-debug.mount",
  "sys-kernel-tracing.mount",
  "console-getty.service",
  "getty.target",
  "getty-static.service",
] as const;

/** Units that a small host does without, so that it boots in a second or two. */
export const minimalMasks = [
  "systemd-ask-password-console.path",
  "systemd-ask-password-wall.path",
  "systemd-firstboot.service",
  "systemd-hwdb-update.service",
  "systemd-initctl.socket",
  "systemd-journal-catalog-update.service",
  "systemd-machine-id-commit.service",
  "systemd-pcrphase-sysinit.service",
  "systemd-pcrphase.service",
  "systemd-repart.service",
  "systemd-update-done.service",
  "systemd-update-utmp-runlevel.service",
  "systemd-update-utmp.service",
  "ldconfig.service",
  "cryptsetup.target",
  "integritysetup.target",
  "veritysetup.target",
] as const;
