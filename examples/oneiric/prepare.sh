#!/bin/sh
# Puts oneiric where holdfast.yaml expects it: code, interpreter, settings, environment file, secrets.
# Code and settings belong to root and the service can only read them. The service user and the cache
# and logs directories are left to Holdfast. Safe to run again: settings, environment and secrets are kept.
#
# usage: sh prepare.sh [/opt/oneiric]      (as root)
set -eu
umask 022
source=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/oneiric}

install -d "$target" "$target/oneiric" "$target/settings"
install -m 0644 "$source"/oneiric/*.py "$target/oneiric/"
for file in "$source"/settings/*.toml; do
  name=$(basename "$file")
  [ -e "$target/settings/$name" ] || install -m 0644 "$file" "$target/settings/$name"
done
[ -x "$target/venv/bin/python" ] || /usr/bin/python3 -m venv --without-pip "$target/venv"

install -d -m 0700 /etc/oneiric
[ -e /etc/oneiric/oneiric.env ] || install -m 0600 "$source/oneiric.env.example" /etc/oneiric/oneiric.env
for name in api.key cache.password; do
  secret=/etc/oneiric/$name
  if [ ! -e "$secret" ]; then
    (umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' > "$secret.new")
    mv "$secret.new" "$secret"
  fi
done

echo "oneiric is ready in $target, its environment file and secrets in /etc/oneiric"
