#!/bin/sh
# Puts gemini-trader where holdfast.yaml expects it. The code belongs to root and the service can only read it.
# usage: sh prepare.sh [/opt/gemini-trader]      (as root)
set -eu
umask 022
source=$(cd "$(dirname "$0")" && pwd)
target=${1:-/opt/gemini-trader}
install -d "$target"
install -m 0644 "$source/main.py" "$source/faults.py" "$source/broker.py" "$target/"
echo "gemini-trader is ready in $target"
