#!/bin/sh
# What any script does: work, start programs and a background job, use pipes, temporary files and names. Then it stays.
set -eu
directory=$1
n=0
while [ "$n" -lt 20000 ]; do n=$((n + 1)); done
echo job > "$directory/job" &
wait
temporary=$(mktemp)
sort -r /etc/passwd | head -n 3 > "$temporary"
rm "$temporary"
getent hosts localhost
date +%s > "$directory/done"
while :; do sleep 60; done
