#!/bin/sh
# order.sh [PROFILE]: builds `postern` of a profile (dist), and links it once more with the functions that a start and a few
# calls need side by side.
#
# Linux maps sixteen pages of a program at a time, and of forty megabytes of code a gateway needs six, which lie all over it: so
# most of it is resident, for nothing. In order it is a third. Which functions they are is looked at each time, in the very
# program that is linked, so nothing of it is kept. Needs valgrind and curl, and LLVM's linker, which Rust uses on x86-64 Linux;
# without one of them the program stays as it was built.
set -eu

profile=${1:-dist}
cd "$(dirname "$0")/.."
program=${CARGO_TARGET_DIR:-target}/$profile/postern
work=$(mktemp -d)
running=
trap '[ -z "$running" ] || kill "$running" 2>/dev/null || true; rm -rf "$work"' EXIT

link() {
    cargo rustc --locked --quiet --profile "$profile" --bin postern -- "$@"
}
left() {
    link
    echo "SKIPPED: $1; $program is as it was built, and takes more memory"
    exit 0
}

for need in valgrind curl; do
    command -v "$need" >/dev/null || left "$need is missing"
done
: >"$work/order"
# Words of a linker that knows no such option would be an error of the build, so it is tried before.
ordered="-C link-arg=-Wl,--symbol-ordering-file=$work/order -C link-arg=-Wl,--no-warn-symbol-ordering"
ordered="$ordered -C link-arg=-Wl,-z,pack-relative-relocs"
# shellcheck disable=SC2086
link -C strip=none $ordered 2>"$work/linker" || left "the linker does not order functions"

listen=127.0.0.1:$((20000 + $$ % 20000))
start() {
    "$@" "$program" demo --listen "$listen" --data "$work/demo" >"$work/said" 2>&1 &
    running=$!
    tries=0
    until curl -s -o /dev/null "http://$listen/"; do
        kill -0 "$running" && [ $((tries = tries + 1)) -lt 600 ] || { cat "$work/said" >&2; exit 1; }
        sleep 0.1
    done
}
stop() {
    kill "$running"
    wait "$running" || true
    running=
}
# ask ACCOUNT METHOD NAME PARAMETERS
ask() {
    meta='"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},'
    meta="$meta\"io.modelcontextprotocol/clientInfo\":{\"name\":\"order\",\"version\":\"1\"}"
    curl -sf "http://$listen/mcp" -H "Authorization: Bearer $("$program" token "$1" --data "$work/demo")" \
        -H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' \
        -H 'MCP-Protocol-Version: 2026-07-28' -H "Mcp-Method: $2" ${3:+-H "Mcp-Name: $3"} \
        -d "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$2\",\"params\":{$4\"_meta\":{$meta}}}"
}
call() {
    ask "$1" tools/call "$2" "\"name\":\"$2\",\"arguments\":$3," >"$work/answer"
}

# The first start makes the demo's store; what is looked at is one on a store that is there.
start env
stop
start valgrind --tool=callgrind --demangle=no --callgrind-out-file="$work/calls"
for account in lead@acme.example support-write@msp.example; do
    ask "$account" tools/list "" "" >/dev/null
done
call lead@acme.example customer_list_tickets '{"limit":50}'
for ticket in $(grep -o 'TK-[0-9]*-[0-9]*' "$work/answer" | sort -u | head -n 20); do
    call lead@acme.example customer_get_ticket "{\"ticket_id\":\"$ticket\"}"
done
stop

# The names of the functions of the program itself; a call from within is marked with an apostrophe.
sed -n "s/^c\{0,1\}fn=([0-9]*) \([A-Za-z_.][^' ]*\).*/\1/p" "$work/calls" | sort -u >"$work/order"
[ "$(wc -l <"$work/order")" -gt 1000 ] || { echo "too few functions were seen" >&2; exit 1; }
# shellcheck disable=SC2086
link $ordered
echo "$program: $(wc -l <"$work/order") functions in order"
