#!/usr/bin/env bash
# Every web page and flow in real Chromium: what is on it, axe, keyboard alone, without JavaScript, and pictures at three widths in
# light and dark (tests/wide/.cache/screenshots). Argument: the built example `console`; without it the debug build of this tree.
# Prints one line, `browser: N passed, N failed`. Needs npm and Chromium.
set -euo pipefail
source "$(dirname "$0")/../node.sh"
here="$root/tests/wide/browser"

install browser playwright-core@1.65.1 axe-core@4.14.1
# Modules are looked up from where a script lies.
cp "$here"/*.mjs "$cache/browser/"

if [ $# -gt 0 ]; then
    console=$1
else
    cd "$root"
    cargo build --quiet --locked --features conformance --example console
    console="${CARGO_TARGET_DIR:-$root/target}/debug/examples/console"
fi

data=$(mktemp -d)
port=$(free_port)
"$console" "$port" "$data" >"$data/log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$data"' EXIT
wait_for "http://127.0.0.1:$port/console" || { cat "$data/log"; exit 1; }
rm -rf "$cache/screenshots"
mkdir -p "$cache/screenshots"
node "$cache/browser/pages.mjs" "http://127.0.0.1:$port" "$cache/screenshots"
