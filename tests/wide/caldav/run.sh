#!/usr/bin/env bash
# The CalDAV adapter against a real Radicale: the kit, and what recurs. Needs Python 3 with venv.
# Exits with 77 where Radicale cannot be had.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache="$root/tests/wide/.cache"
mkdir -p "$cache"

venv="$cache/caldav"
if ! [ -x "$venv/bin/radicale" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" -q install radicale==3.5.4 >"$cache/caldav-pip.log" 2>&1 || { rm -rf "$venv"; exit 77; }
fi

data=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$data"
}
trap finish EXIT

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
echo "svc-postern:svc-pass-1" >"$data/users"
cat >"$data/config" <<CONFIG
[server]
hosts = 127.0.0.1:$port
[auth]
type = htpasswd
htpasswd_filename = $data/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = $data/collections
CONFIG
"$venv/bin/radicale" --config "$data/config" >"$cache/caldav.log" 2>&1 &
server=$!

python3 "$here/seed.py" "127.0.0.1:$port" "$server" || { tail -5 "$cache/caldav.log" >&2; exit 1; }
cd "$root"
POSTERN_CALDAV_URL="http://127.0.0.1:$port" cargo test --locked -p postern -p postern-caldav --test real | tee "$data/out"
# Without the address the tests only say that they were skipped, which would look like success.
if grep -q '^SKIPPED' "$data/out"; then exit 1; fi
