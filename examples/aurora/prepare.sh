#!/bin/sh
# Puts aurora where holdfast.yaml expects it: code, interpreter, settings, the broker's two keys.
# The code belongs to root and the jobs can only read it. The service user and the data, state, reports
# and stub directories are left to Holdfast. Safe to run again: settings and keys are kept.
#
# usage: sh prepare.sh [/opt/aurora]      (as root)
set -eu
umask 022
source=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/aurora}

install -d "$target" "$target/aurora"
install -m 0644 "$source/broker.py" "$target/"
install -m 0644 "$source"/aurora/*.py "$target/aurora/"

[ -x "$target/venv/bin/python" ] || /usr/bin/python3 -m venv --without-pip "$target/venv"
[ -e "$target/.env" ] || install -m 0600 "$source/.env.example" "$target/.env"

install -d -m 0700 /etc/aurora
for name in broker-id.key broker-secret.key; do
  key=/etc/aurora/$name
  if [ ! -e "$key" ]; then
    (umask 077 && od -An -N20 -tx1 /dev/urandom | tr -d ' \n' > "$key.new")
    mv "$key.new" "$key"
  fi
done

echo "aurora is ready in $target, the broker's keys in /etc/aurora"
