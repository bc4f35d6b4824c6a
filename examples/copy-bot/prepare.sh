#!/bin/sh
# Puts copy-bot where holdfast.yaml expects it. The code belongs to root and the service can only read it. The credentials
# are made up: they are for receivers.py. Put real ones in their place, and take the api: lines out of holdfast.yaml.
# usage: sh prepare.sh [/opt/copy-bot]      (as root; safe to run again)
set -eu
umask 022
source=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/copy-bot}
keys=/etc/copy-bot

install -d "$target"
install -m 0644 "$source/bot.py" "$source/faults.py" "$source/node.py" "$source/call-out.py" "$target/"
[ -e "$target/.env" ] || install -m 0600 "$source/.env.example" "$target/.env"

install -d -m 0700 "$keys"
key() {
  [ -e "$keys/$1" ] || (umask 077 && printf '%s\n' "$2" > "$keys/$1")
}
key telegram-token "1001:made-up-token-for-the-receivers-here"
key slack-webhook "https://hooks.slack.com/services/T0000/B0000/made-up-for-the-receivers"
key pagerduty-key "made-up-key-for-the-receivers-01"
echo "copy-bot is ready in $target, its credentials in $keys"
