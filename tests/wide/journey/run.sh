#!/usr/bin/env bash
# A day at `postern demo`: a stock client, whose person signs in at a real browser, asks for a portal, a document, a payment link, an
# invitation and replies; the web pages refuse the wrong people and let the right one approve; each is done once and found in the log.
# Connecting by the cards' commands, unticking scopes and cutting clients off are the steps `browser` and `oauth`.
# Pictures: tests/wide/.cache/journey. Argument: the postern to run; without it the debug build of this tree.
# Prints one line, `journey: N passed, N failed`. Needs npm and Chromium.
set -euo pipefail
source "$(dirname "$0")/../node.sh"
here="$root/tests/wide/journey"

install browser playwright-core@1.65.1 axe-core@4.14.1
install ts-v2 @modelcontextprotocol/client@2.4.0
# Modules are looked up from where a script lies.
mkdir -p "$cache/browser/journey"
cp "$root/tests/wide/browser"/*.mjs "$cache/browser/"
cp "$here/journey.mjs" "$cache/browser/journey/"
cp "$root/tests/wide/oauth/browser.mjs" "$cache/ts-v2/"
cp "$here/client.mjs" "$cache/ts-v2/journey_client.mjs"

if [ $# -gt 0 ]; then
    postern=$(realpath "$1")
else
    cd "$root"
    cargo build --quiet --locked --bin postern
    postern="${CARGO_TARGET_DIR:-$root/target}/debug/postern"
fi

data=$(mktemp -d)
port=$(free_port)
log="$cache/journey-postern.log"
"$postern" demo --listen "127.0.0.1:$port" --operations "127.0.0.1:$(free_port)" --data "$data/demo" >"$log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$data"' EXIT
wait_for "http://127.0.0.1:$port/mcp" || { cat "$log"; exit 1; }
password=$(sed -n 's/^Sign in .* the password \([^ ]*\)$/\1/p' "$log")
rm -rf "$cache/journey"
mkdir -p "$cache/journey"
node --no-warnings "$cache/browser/journey/journey.mjs" "http://127.0.0.1:$port" "$password" "$cache/journey/" "$postern" "$data/demo"
