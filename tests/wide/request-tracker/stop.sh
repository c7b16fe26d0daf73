#!/bin/sh
# Stops what start.sh started: stop.sh DIR
set -eu

[ $# -eq 1 ] || { echo "usage: stop.sh DIR" >&2; exit 2; }
PID_FILE=$1/rt.pid
[ -f "$PID_FILE" ] || exit 0
PID=$(cat "$PID_FILE")
# The number may belong to somebody else by now: only a process that runs Request Tracker is ended.
if grep -aq rt-server "/proc/$PID/cmdline" 2>/dev/null; then
    kill "$PID" 2>/dev/null || true
    while kill -0 "$PID" 2>/dev/null; do sleep 0.2; done
fi
rm -f "$PID_FILE"
