#!/usr/bin/env bash
# The Stripe adapter against localstripe, and the gateway as receiver of the events that localstripe signs. Needs Python 3 with venv.
# Exits with 77 where localstripe cannot be had.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache="$root/tests/wide/.cache"
mkdir -p "$cache"

venv="$cache/stripe"
if ! [ -x "$venv/bin/localstripe" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" -q install localstripe==1.15.10 >"$cache/stripe-pip.log" 2>&1 || { rm -rf "$venv"; exit 77; }
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
"$venv/bin/python" "$here/start.py" "$port" >"$cache/stripe.log" 2>&1 &
server=$!

python3 "$here/seed.py" "127.0.0.1:$port" "$server" >"$data/facts.json" || { tail -5 "$cache/stripe.log" >&2; exit 1; }
cd "$root"
export POSTERN_STRIPE_URL="http://127.0.0.1:$port" POSTERN_STRIPE_FACTS="$data/facts.json"
cargo test --locked -p postern --test it stripe::real -- --nocapture | tee "$data/out"
cargo test --locked -p postern -p postern-stripe --test real | tee -a "$data/out"
# Without the address the tests only say that they were skipped, which would look like success.
if grep -q '^SKIPPED' "$data/out"; then exit 1; fi
grep -q '^1 signed by another program$' "$data/out"
