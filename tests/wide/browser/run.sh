#!/usr/bin/env bash
# Every web page and flow in real Chromium: what is on it, axe, keyboard alone, without JavaScript, and pictures at three widths in
# light and dark (tests/wide/.cache/screenshots): first with prepared pages, then on the demo with its real sign-in, where clients are
# connected by the commands that their cards show. Arguments: the built example `console` and the postern to run; without them the
# debug builds of this tree. Prints two lines, `browser: N passed, N failed` and the same of the demo. Needs npm and Chromium.
set -euo pipefail
source "$(dirname "$0")/../node.sh"
here="$root/tests/wide/browser"

install browser playwright-core@1.65.1 axe-core@4.14.1
# Modules are looked up from where a script lies.
cp "$here"/*.mjs "$cache/browser/"

install inspector @modelcontextprotocol/inspector@2.12.0
install claude @anthropic-ai/claude-code@2.1.329
install codex @openai/codex@0.169.0
node "$cache/claude/node_modules/@anthropic-ai/claude-code/install.cjs"

if [ $# -gt 1 ]; then
    console=$(realpath "$1")
    postern=$(realpath "$2")
else
    cd "$root"
    cargo build --quiet --locked --features conformance --example console
    cargo build --quiet --locked --bin postern
    console="${CARGO_TARGET_DIR:-$root/target}/debug/examples/console"
    postern="${CARGO_TARGET_DIR:-$root/target}/debug/postern"
fi

data=$(mktemp -d)
started=()
finish() {
    for it in "${started[@]}"; do kill "$it" 2>/dev/null || true; done
    for it in "${started[@]}"; do wait "$it" 2>/dev/null || true; done
    rm -rf "$data"
}
trap finish EXIT
rm -rf "$cache/screenshots"
mkdir -p "$cache/screenshots"
status=0

port=$(free_port)
"$console" "$port" "$data/console" >"$data/log" 2>&1 &
started+=($!)
wait_for "http://127.0.0.1:$port/console" || { cat "$data/log"; exit 1; }
node "$cache/browser/pages.mjs" "http://127.0.0.1:$port" "$cache/screenshots" || status=1

port=$(free_port)
log="$cache/browser-postern.log"
"$postern" demo --listen "127.0.0.1:$port" --operations "127.0.0.1:$(free_port)" --data "$data/demo" >"$log" 2>&1 &
started+=($!)
wait_for "http://127.0.0.1:$port/mcp" || { cat "$log"; exit 1; }
password=$(sed -n 's/^Sign in .* the password \([^ ]*\)$/\1/p' "$log")
node "$cache/browser/demo.mjs" "http://127.0.0.1:$port" "$password" "$cache/screenshots" "$cache" || status=1
exit $status
