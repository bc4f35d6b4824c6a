#!/bin/sh
# Puts polybot where holdfast.yaml expects it: code, interpreter, settings, wallet key.
# The code belongs to root and the service can only read it. The service user and the logs, data and
# state directories are left to Holdfast. Safe to run again: settings and key are kept.
#
# usage: sh prepare.sh [/opt/polybot]      (as root)
set -eu
umask 022
source=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/polybot}
key=/etc/polybot/wallet.key

install -d "$target" "$target/polybot"
install -m 0644 "$source/bot.py" "$source/market.py" "$target/"
install -m 0644 "$source"/polybot/*.py "$target/polybot/"

[ -x "$target/venv/bin/python" ] || /usr/bin/python3 -m venv --without-pip "$target/venv"
[ -e "$target/.env" ] || install -m 0600 "$source/.env.example" "$target/.env"

install -d -m 0700 /etc/polybot
if [ ! -e "$key" ]; then
  (umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' > "$key.new")
  mv "$key.new" "$key"
fi

echo "polybot is ready in $target, its wallet key in $key"
