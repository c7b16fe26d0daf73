#!/usr/bin/env bash
# Postern before a real Keycloak with two realms (deploy/keycloak): realm tokens at the MCP endpoint, people who sign in
# through Postern, and the directory's adapter held to the kit. Argument: the postern to run; without it the debug build of this tree.
# Needs Java 17, Maven and Python 3. Exits with 77 where Keycloak cannot be fetched.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
cache="$root/tests/wide/.cache"
mkdir -p "$cache/keycloak"

if [ $# -gt 0 ]; then
    postern=$(realpath "$1")
else
    cd "$root"
    cargo build --quiet --locked --bin postern
    postern="${CARGO_TARGET_DIR:-$root/target}/debug/postern"
fi

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_for URL SECONDS PID: until something answers there, or the process has ended.
wait_for() {
    local until=$((SECONDS + $2))
    until curl -s -o /dev/null --max-time 2 "$1"; do
        if [ $SECONDS -ge $until ] || ! kill -0 "$3" 2>/dev/null; then
            echo "nothing answers at $1" >&2
            return 1
        fi
        sleep 0.5
    done
}

data=$(mktemp -d)
started=()
finish() {
    for it in "${started[@]}"; do kill "$it" 2>/dev/null || true; done
    for it in "${started[@]}"; do wait "$it" 2>/dev/null || true; done
    rm -rf "$data"
}
trap finish EXIT

port=$(free_port)
keycloak_port=$(free_port)
origin="http://127.0.0.1:$port"
keycloak="http://127.0.0.1:$keycloak_port"

if ! "$root/deploy/keycloak/start.sh" --fetch "$cache/keycloak" >"$cache/keycloak-fetch.log" 2>&1; then
    tail -3 "$cache/keycloak-fetch.log" >&2
    exit 77
fi
"$root/deploy/keycloak/start.sh" "$cache/keycloak" "$keycloak_port" "$origin" msp-example >"$cache/keycloak.log" 2>&1 &
started+=($!)
keycloak_pid=$!

# The demo's data, served with Keycloak's realms in place of the demo's.
"$postern" demo --listen "127.0.0.1:$port" --data "$data" >"$cache/keycloak-demo.log" 2>&1 &
demo=$!
wait_for "$origin/mcp" 60 $demo
kill $demo
wait $demo 2>/dev/null || true

set -a
# shellcheck disable=SC1091
source "$cache/keycloak/secrets"
set +a
sed -e "s|@ORIGIN@|$origin|g" -e "s|@KEYCLOAK@|$keycloak|g" -e "s|@PORT@|$port|g" -e "s|@OPERATIONS@|$(free_port)|g" \
    -e "s|@DATA@|$data|g" "$(dirname "$0")/postern.toml" >"$data/keycloak.toml"
wait_for "$keycloak/realms/employees" 300 $keycloak_pid || { tail -20 "$cache/keycloak.log" >&2; exit 1; }
wait_for "$keycloak/realms/customers" 60 $keycloak_pid
"$postern" serve --config "$data/keycloak.toml" >"$cache/keycloak-postern.log" 2>&1 &
started+=($!)
wait_for "$origin/mcp" 60 $! || { cat "$cache/keycloak-postern.log" >&2; exit 1; }

python3 "$(dirname "$0")/check.py" "$origin" "$keycloak"

# The adapter, before the realm of customers: in both ways of saying whose a user is.
mail_port=$(free_port)
python3 "$(dirname "$0")/mails.py" "$mail_port" "$data/mails" &
started+=($!)
KEYCLOAK_DIRECTORY_SECRET=$(python3 -c 'import secrets; print(secrets.token_urlsafe(18))')
python3 "$(dirname "$0")/directory.py" "$keycloak" "$mail_port" "$KEYCLOAK_DIRECTORY_SECRET" >"$data/directory"
set -a
# shellcheck disable=SC1091
source "$data/directory"
set +a
cd "$root"
POSTERN_TEST_KEYCLOAK="$keycloak" KEYCLOAK_DIRECTORY_SECRET="$KEYCLOAK_DIRECTORY_SECRET" \
    cargo test --quiet --locked -p postern -p postern-keycloak --test real | tee "$data/kit"
# Without the address the test only says that it was skipped, which would look like success.
if grep -q '^SKIPPED' "$data/kit"; then exit 1; fi
# Every link went to somebody whom the kit invited, and to nobody else.
if [ ! -s "$data/mails" ] || grep -qv '@example.invalid$' "$data/mails"; then
    echo "mails went to somebody else, or to nobody" >&2
    exit 1
fi
echo "keycloak: $(wc -l <"$data/mails") mails, each to the person who was invited"
