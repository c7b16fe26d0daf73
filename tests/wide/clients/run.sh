#!/usr/bin/env bash
# Stock MCP clients against `postern demo`: each lists and calls as a customer and as an employee.
# Argument: the postern to run; without it the debug build of this tree. Prints one line, `clients: N passed, N failed`.
set -euo pipefail
source "$(dirname "$0")/../node.sh"
here="$root/tests/wide/clients"

# python FOLDER PACKAGE==VERSION: a virtual environment in the cache, once.
python() {
    local folder="$cache/$1"
    if [ "$(cat "$folder/.installed" 2>/dev/null)" != "$2" ]; then
        rm -rf "$folder"
        python3 -m venv "$folder"
        "$folder/bin/pip" install --quiet "$2" >&2
        echo "$2" >"$folder/.installed"
    fi
}

python py-v1 mcp==1.30.0
python py-v2 mcp==2.3.0
install ts-v1 @modelcontextprotocol/sdk@1.32.2
install ts-v2 @modelcontextprotocol/client@2.4.0
install inspector @modelcontextprotocol/inspector@2.12.0
# Modules are looked up from where a script lies.
cp "$here/typescript_v1.mjs" "$cache/ts-v1/"
cp "$here/typescript_v2.mjs" "$cache/ts-v2/"
inspector="$cache/inspector/node_modules/.bin/mcp-inspector"

if [ $# -gt 0 ]; then
    postern=$1
else
    cd "$root"
    cargo build --quiet --locked --bin postern
    postern="${CARGO_TARGET_DIR:-$root/target}/debug/postern"
fi

data=$(mktemp -d)
port=$(free_port)
"$postern" demo --listen "127.0.0.1:$port" --data "$data" >"$cache/clients-postern.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$data"' EXIT
url="http://127.0.0.1:$port/mcp"
wait_for "$url"

passed=0
failed=0

# try REALM CLIENT PROTOCOL TOOL COMMAND...: runs one client and judges what it got.
try() {
    local realm=$1 client=$2 protocol=$3 tool=$4 got
    shift 4
    got=$(timeout 60 "$@" 2>"$cache/client.err") || cat "$cache/client.err" >&2
    if echo "$got" | python3 "$here/check.py" "$realm" "$client" "$protocol" "$tool"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
}

# as REALM ACCOUNT TOOL: every client as one person.
as() {
    local realm=$1 tool=$3 token
    token=$("$postern" token "$2" --data "$data")
    set -- "$url" "$token" "$tool" '{"limit":50}'
    try "$realm" "Python SDK 1.30" 2025-11-25 "$tool" "$cache/py-v1/bin/python" "$here/python_v1.py" "$@"
    try "$realm" "Python SDK 2.3" 2026-07-28 "$tool" "$cache/py-v2/bin/python" "$here/python_v2.py" "$@" auto
    try "$realm" "Python SDK 2.3, handshake" 2025-11-25 "$tool" "$cache/py-v2/bin/python" "$here/python_v2.py" "$@" legacy
    try "$realm" "TypeScript SDK 1.32" 2025-11-25 "$tool" node "$cache/ts-v1/typescript_v1.mjs" "$@"
    try "$realm" "TypeScript client 2.4" 2026-07-28 "$tool" node "$cache/ts-v2/typescript_v2.mjs" "$@" auto
    try "$realm" "TypeScript client 2.4, handshake" 2025-11-25 "$tool" node "$cache/ts-v2/typescript_v2.mjs" "$@" legacy
    try "$realm" "Inspector 2.12" modern "$tool" node "$here/inspector.mjs" "$inspector" "$@" modern
    try "$realm" "Inspector 2.12, handshake" legacy "$tool" node "$here/inspector.mjs" "$inspector" "$@" legacy
}

as customer lead@acme.example customer_list_tickets
as employee support-write@msp.example search_tickets

echo "clients: $passed passed, $failed failed"
[ $failed -eq 0 ]
