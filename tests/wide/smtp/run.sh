#!/usr/bin/env bash
# Notifications by mail through aiosmtpd, with STARTTLS and credentials. Needs Python 3 with venv.
# Exits with 77 where aiosmtpd cannot be had.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache="$root/tests/wide/.cache"
mkdir -p "$cache"

venv="$cache/smtp"
if ! [ -f "$venv/ready" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" -q install aiosmtpd==1.4.6 cryptography >"$cache/smtp-pip.log" 2>&1 || { rm -rf "$venv"; exit 77; }
    touch "$venv/ready"
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
"$venv/bin/python" "$here/sink.py" "$data" "$port" >"$cache/smtp.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    if [ -f "$data/port" ]; then break; fi
    if ! kill -0 "$server" 2>/dev/null; then tail -5 "$cache/smtp.log" >&2; exit 1; fi
    sleep 0.1
done

cd "$root"
POSTERN_SMTP_DIR="$data" cargo test --locked -p postern --test it mailing::real -- --nocapture | tee "$data/out"
# Without the directory the test only says that it was skipped, which would look like success.
if grep -q '^SKIPPED' "$data/out"; then exit 1; fi
grep -q '^mails taken by another program$' "$data/out"
