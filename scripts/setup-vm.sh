#!/bin/sh
# What `holdfast rehearse --vm` needs, for the story that runs it. A kernel is a large thing to bring onto somebody's machine: it is
# installed in a CI, and elsewhere only told.
set -eu

missing=""
need() { command -v "$1" >/dev/null 2>&1 || [ -e "$1" ] || missing="$missing $2"; }
architecture=$(dpkg --print-architecture 2>/dev/null || echo amd64)
case "$architecture" in
  arm64) need qemu-system-aarch64 qemu-system-arm ;;
  *) need qemu-system-x86_64 qemu-system-x86 ;;
esac
[ -e /usr/lib/qemu/virtiofsd ] || need /usr/libexec/virtiofsd virtiofsd
need busybox busybox-static
need cpio cpio
need mke2fs e2fsprogs
need ssh openssh-client
need /usr/sbin/sshd openssh-server
ls /boot/vmlinuz-* >/dev/null 2>&1 || missing="$missing linux-image-cloud-$architecture"
[ -n "$missing" ] || exit 0

if [ -n "${CI:-}" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "holdfast: installing from Debian:$missing" >&2
  apt-get update -qq >&2
  # Before Debian 13 it comes with qemu.
  apt-cache show virtiofsd >/dev/null 2>&1 || missing=$(printf '%s' "$missing" | sed 's/ virtiofsd//')
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
else
  echo "holdfast: the story of a virtual machine is left out; it needs:$missing" >&2
fi
