#!/bin/sh
# Brings a fresh clone to a state where bin/holdfast, the demo and the tests run. Safe to repeat; quick when nothing is missing.
set -eu
cd "$(dirname "$0")/.."

missing=""
need() { command -v "$1" >/dev/null 2>&1 || [ -e "$1" ] || missing="$missing $2"; }
need systemd-analyze systemd
need /usr/lib/systemd/systemd systemd
need dbus-daemon dbus
need /usr/lib/systemd/user/dbus.socket dbus-user-session
need nsenter util-linux
need ip iproute2
need /usr/sbin/apparmor_parser apparmor
need strace strace
need /usr/sbin/debootstrap debootstrap   # another release of Debian, for the story of an upgrade
need /usr/bin/python3 python3
python3 -c 'import venv' 2>/dev/null || missing="$missing python3-venv"
ldconfig -p 2>/dev/null | grep -q libatomic.so.1 || missing="$missing libatomic1"   # what Node 26 is linked against
if [ -n "$missing" ]; then
  packages=$(printf '%s\n' $missing | sort -u | tr '\n' ' ')
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "holdfast: installing from Debian: $packages" >&2
    apt-get update -qq >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >&2
  else
    echo "holdfast: the demo and the stories need these Debian packages: $packages(install them with: sudo apt-get install $packages)" >&2
  fi
fi

stamp=node_modules/.holdfast-lock
if ! cmp -s package-lock.json "$stamp" 2>/dev/null; then
  echo "holdfast: installing packages (npm ci)" >&2
  npm ci >&2
  cp package-lock.json "$stamp"
fi
PATH="$PWD/node_modules/.bin:$PATH" node scripts/build.ts
