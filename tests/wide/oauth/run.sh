#!/usr/bin/env bash
# Stock MCP clients sign in by themselves at `postern demo`: discovery, registration, the sign-in and consent pages, the code,
# the tokens; then each lists and calls as a customer and as an employee. Claude Code and Codex add, log in and list by the words of
# their cards under Settings > MCP Server, once registered and once known by their published documents; mcp-remote and the Inspector
# run as their cards say, Gemini CLI takes its card's command; and the conformance suite asks the authorization server.
# Argument: the postern to run; without it the debug build of this tree. Prints one line, `oauth: N passed, N failed`.
set -euo pipefail
source "$(dirname "$0")/../node.sh"
here="$root/tests/wide/oauth"
check="$root/tests/wide/clients/check.py"

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
python py-fastmcp fastmcp==4.1.0
install ts-v1 @modelcontextprotocol/sdk@1.32.2
install ts-v2 @modelcontextprotocol/client@2.4.0
install inspector @modelcontextprotocol/inspector@2.12.0
install suite-alpha @modelcontextprotocol/conformance@0.2.0-alpha.12
install mcp-remote mcp-remote@0.15.1
install claude @anthropic-ai/claude-code@2.1.329
install codex @openai/codex@0.169.0
install gemini @google/gemini-cli@0.61.0
node "$cache/claude/node_modules/@anthropic-ai/claude-code/install.cjs"
# Modules are looked up from where a script lies.
for it in ts-v1/typescript_v1.mjs ts-v2/typescript_v2.mjs; do
    cp "$here/${it#*/}" "$cache/${it%/*}/oauth_${it#*/}"
    cp "$here/browser.mjs" "$cache/${it%/*}/"
done

if [ $# -gt 0 ]; then
    postern=$(realpath "$1")
else
    cd "$root"
    cargo build --quiet --locked --bin postern
    postern="${CARGO_TARGET_DIR:-$root/target}/debug/postern"
fi

(cd "$root" && cargo build --quiet --locked --example documents --features conformance)
documents="${CARGO_TARGET_DIR:-$root/target}/debug/examples/documents"

data=$(mktemp -d)
: >"$data/bridge"
port=$(free_port)
origin="http://127.0.0.1:$port"
url="$origin/mcp"
log="$cache/oauth-postern.log"
"$postern" demo --listen "127.0.0.1:$port" --data "$data/demo" >"$log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$data"' EXIT
wait_for "$url"

# What a person needs, for every client's browser.
export PERSON="$here/person.py" BROWSER_LOG="$cache/oauth-browser.log"
: >"$BROWSER_LOG"
PASSWORD=$(sed -n 's/^Sign in .* the password \([^ ]*\)$/\1/p' "$log")
export PASSWORD PATH="$here/bin:$PATH" BROWSER="$here/bin/xdg-open"

passed=0
failed=0

# note CLIENT REALM OK: counts one result.
note() {
    if [ "$3" = yes ]; then
        passed=$((passed + 1))
        echo "ok     $1 as $2"
    else
        failed=$((failed + 1))
        echo "FAILED $1 as $2"
        tail -5 "$cache/client.err" | sed 's/^/       /'
    fi
}

# try REALM CLIENT PROTOCOL TOOL COMMAND...: runs one client and judges what it got.
try() {
    local realm=$1 client=$2 protocol=$3 tool=$4 got
    shift 4
    got=$(timeout 90 "$@" 2>"$cache/client.err") || cat "$cache/client.err" >&2
    if echo "$got" | python3 "$check" "$realm" "$client" "$protocol" "$tool"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
    fi
}

# at_terminal COMMAND...: runs a program as if somebody sat at a terminal; what it says goes to standard output.
at_terminal() {
    timeout 90 script -qec "$(printf '%q ' "$@")" /dev/null </dev/null 2>&1 | tr -d '\r'
}

# read_cards ORIGIN: what a person is told to run, from the page of their own.
read_cards() {
    python3 "$here/cards.py" "$1" "$ACCOUNT" "$PASSWORD" >"$data/cards" 2>>"$BROWSER_LOG"
}

# card ID N: the Nth thing to copy of a card, letter by letter.
card() {
    awk -F '\t' -v id="$1" -v nth="$2" '$1 == id && $2 == nth { print $3; found = 1 } END { exit !found }' "$data/cards"
}

# as_told FOLDER HOME ID N: runs what a card says in a terminal, where the client of the cache's folder is found.
as_told() {
    local words
    words=$(card "$3" "$4")
    (
        cd "$2"
        export HOME="$2" CODEX_HOME="$2/.codex" MCP_REMOTE_CONFIG_DIR="$2" PATH="$cache/$1/node_modules/.bin:$PATH"
        timeout 90 script -qec "$words" /dev/null </dev/null 2>&1 | tr -d '\r'
    )
}

# claude REALM: adds the server, logs in through the browser, and lists it as connected.
claude_code() {
    local home="$data/claude-$1" said=no
    mkdir -p "$home"
    {
        as_told claude "$home" claude-code 1
        as_told claude "$home" claude-code 2
        (cd "$home" && HOME="$home" at_terminal "$cache/claude/node_modules/.bin/claude" mcp list)
    } >"$cache/client.err" 2>&1 || true
    if grep -q '✔.*Connected' "$cache/client.err"; then said=yes; fi
    note "Claude Code 2.1.329" "$1" $said
}

# codex_cli REALM: adds the server, logs in through the browser, and lists it as logged in.
codex_cli() {
    local home="$data/codex-$1" said=no
    mkdir -p "$home/.codex"
    {
        as_told codex "$home" codex 1
        as_told codex "$home" codex 2
        (cd "$home" && HOME="$home" CODEX_HOME="$home/.codex" at_terminal "$cache/codex/node_modules/.bin/codex" mcp list)
    } >"$cache/client.err" 2>&1 || true
    if grep -q 'postern-demo.*OAuth' "$cache/client.err"; then said=yes; fi
    note "Codex 0.169" "$1" $said
}

# gemini_cli REALM: adds the server. It signs in inside a conversation, which needs a model.
gemini_cli() {
    local home="$data/gemini-$1" said=no
    mkdir -p "$home"
    as_told gemini "$home" gemini-cli 1 >"$cache/client.err" 2>&1 || true
    if grep -qF "\"url\": \"$url\"" "$home/.gemini/settings.json" 2>>"$cache/client.err"; then said=yes; fi
    note "Gemini CLI 0.61, added" "$1" $said
}

# told_by_npx REALM TOOL: what the card for any other client says, with the packages of the cache as npx finds them.
told_by_npx() {
    local said=no words home="$data/npx-$1"
    mkdir -p "$home"
    words=$(card other 3)
    (cd "$cache/inspector" && HOME="$home" timeout 90 script -qec "$words" /dev/null </dev/null) >"$cache/client.err" 2>&1 || true
    if grep -q "\"$2\"" "$cache/client.err"; then said=yes; fi
    note "Inspector 2.12, by its card" "$1" $said
    said=no
    words=$(card other 2)
    # A bridge for clients that only start programs: what such a client writes and reads.
    (
        cd "$cache/mcp-remote"
        {
            echo '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"card","version":"1"}}}'
            echo '{"jsonrpc":"2.0","method":"notifications/initialized"}'
            echo '{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{}}'
            # Its input stays open until it has answered.
            for _ in $(seq 300); do
                if grep -q "\"$2\"" "$data/bridge"; then break; fi
                sleep 0.2
            done
        } | HOME="$home" MCP_REMOTE_CONFIG_DIR="$home" timeout 90 bash -c "$words" >"$data/bridge"
    ) 2>"$cache/client.err" || true
    if grep -q "\"$2\"" "$data/bridge"; then said=yes; fi
    note "mcp-remote 0.15.1, by its card" "$1" $said
}

# remote REALM: mcp-remote's test client signs in and connects.
remote() {
    local home="$data/remote-$1" said=no
    mkdir -p "$home"
    HOME="$home" MCP_REMOTE_CONFIG_DIR="$home" timeout 90 "$cache/mcp-remote/node_modules/.bin/mcp-remote-client" "$url" \
        >"$cache/client.err" 2>&1 </dev/null || true
    if grep -q 'Connected successfully' "$cache/client.err"; then said=yes; fi
    note "mcp-remote 0.15.1" "$1" $said
}

# as REALM ACCOUNT TOOL: every client as one person.
as() {
    local realm=$1 tool=$3
    export ACCOUNT=$2
    set -- "$url" "$tool" '{"limit":50}'
    try "$realm" "Python SDK 1.30" 2025-11-25 "$tool" "$cache/py-v1/bin/python" "$here/python_v1.py" "$@"
    try "$realm" "Python SDK 2.3" 2026-07-28 "$tool" "$cache/py-v2/bin/python" "$here/python_v2.py" "$@" auto
    try "$realm" "Python SDK 2.3, handshake" 2025-11-25 "$tool" "$cache/py-v2/bin/python" "$here/python_v2.py" "$@" legacy
    try "$realm" "FastMCP 4.1" any "$tool" "$cache/py-fastmcp/bin/python" "$here/fastmcp_client.py" "$@"
    try "$realm" "TypeScript SDK 1.32" 2025-11-25 "$tool" node "$cache/ts-v1/oauth_typescript_v1.mjs" "$@"
    try "$realm" "TypeScript client 2.4" 2026-07-28 "$tool" node "$cache/ts-v2/oauth_typescript_v2.mjs" "$@" auto
    try "$realm" "TypeScript client 2.4, handshake" 2025-11-25 "$tool" node "$cache/ts-v2/oauth_typescript_v2.mjs" "$@" legacy
    HOME="$data/inspector-$realm" try "$realm" "Inspector 2.12" any "$tool" \
        node "$here/inspector.mjs" "$cache/inspector/node_modules/.bin/mcp-inspector" "$@"
    remote "$realm"
    read_cards "$origin"
    claude_code "$realm"
    codex_cli "$realm"
    gemini_cli "$realm"
    told_by_npx "$realm" "$tool"
}

# suite: the conformance suite's scenarios for an authorization server, with a client that registers beforehand.
suite() {
    local it="$cache/suite-alpha/node_modules/@modelcontextprotocol/conformance/dist/index.js" client callback said
    callback=$(free_port)
    client=$(curl -s "$origin/register" -H 'Content-Type: application/json' -d '{"client_name":"Conformance suite",
        "redirect_uris":["http://127.0.0.1:'"$callback"'/callback"],"token_endpoint_auth_method":"none"}' |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["client_id"])')
    export ACCOUNT=lead@acme.example
    said="$cache/oauth-suite.log"
    : >"$said"
    timeout 120 node "$it" authorization --url "$origin" --client-id "$client" --resource "$url" -p "$callback" >"$said" 2>&1 &
    local suite=$! opened=
    for _ in $(seq 200); do
        opened=$(grep -om1 "$origin/[^ ]*authorize[^ ]*" "$said" || true)
        if [ -n "$opened" ] || ! kill -0 $suite 2>/dev/null; then break; fi
        sleep 0.2
    done
    if [ -n "$opened" ]; then python3 "$PERSON" "$opened" "$ACCOUNT" "$PASSWORD" >>"$BROWSER_LOG" 2>&1 || true; fi
    cp "$said" "$cache/client.err"
    if wait $suite; then note "conformance suite, authorization" server yes; else note "conformance suite, authorization" server no; fi
    grep -iE 'passed|failed' "$said" | tail -4 | sed 's/^/       /'
}

# published: Claude Code and Codex as they are known by their makers' documents, at a server where no client registers itself. The
# documents are pinned (examples/documents.rs): the clients name addresses of the internet, which a test does not ask.
published() {
    local said="$cache/oauth-documents.log" pinned port realm=$1
    export ACCOUNT=$2
    port=$(free_port)
    "$documents" "127.0.0.1:$port" "$data/documents" >"$said" 2>&1 &
    pinned=$!
    local url="http://127.0.0.1:$port/mcp" kept=$PASSWORD
    wait_for "$url"
    PASSWORD=$(sed -n 's/^Sign in .* the password \([^ ]*\)$/\1/p' "$said")
    read_cards "http://127.0.0.1:$port"
    claude_code "$realm-document"
    codex_cli "$realm-document"
    for it in claude.ai/oauth/claude-code-client-metadata chatgpt.com/oauth/codex/client.json; do
        local asked=no
        if grep -q "asked for: https://$it" "$said"; then asked=yes; fi
        note "the document of ${it%%/*}" "$realm" $asked
    done
    kill $pinned 2>/dev/null || true
    wait $pinned 2>/dev/null || true
    PASSWORD=$kept
}

suite
published customer lead@acme.example
as customer lead@acme.example customer_list_tickets
as employee support-write@msp.example search_tickets

echo "oauth: $passed passed, $failed failed"
[ $failed -eq 0 ]
