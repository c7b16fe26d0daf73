#!/usr/bin/env bash
# End to end: tokens of an issuer, `postern serve --config`, and a real Request Tracker behind the service desk; the other
# ports are embedded. Prints one line, `gateway-rt: N passed, N failed`; what failed is above it.
# Argument: the postern to run; without it the debug build of this tree. Needs what ../request-tracker/install.sh needs.
set -euo pipefail
source "$(dirname "$0")/../node.sh"
here="$root/tests/wide/gateway-rt"
rt="$root/tests/wide/request-tracker"

if [ $# -gt 0 ]; then
    postern=$1
else
    (cd "$root" && cargo build --quiet --locked --bin postern)
    postern="${CARGO_TARGET_DIR:-$root/target}/debug/postern"
fi
sh "$rt/install.sh"

work=$(mktemp -d)
pids=()
finish() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
    sh "$rt/stop.sh" "$work/rt"
    rm -rf "$work"
}
trap finish EXIT

sh "$rt/start.sh" "$work/rt" "$(free_port)"
rt_url=$(sed -n "s/^Set(\\\$WebBaseURL, '\(.*\)');$/\1/p" "$work/rt/RT_SiteConfig.pm")

# The organisations of the embedded ports are the demo's: it fills a data directory when it starts.
data="$work/data"
port=$(free_port)
"$postern" demo --listen "127.0.0.1:$port" --data "$data" >"$work/demo.log" 2>&1 &
demo=$!
pids+=("$demo")
wait_for "http://127.0.0.1:$port/mcp"
kill "$demo"
wait "$demo" 2>/dev/null || true
pids=()

issuer_port=$(free_port)
issuer="http://127.0.0.1:$issuer_port"
port=$(free_port)
url="http://127.0.0.1:$port/mcp"
node "$here/issuer.mjs" "$issuer_port" "$url" >"$work/issuer.log" 2>&1 &
pids+=($!)
wait_for "$issuer/realms/customers/keys"

# The external id of an organisation is the number of its queue.
queue() {
    curl -sf -u postern:postern-pass-1 "$rt_url/REST/2.0/queue/$1%20Support" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])'
}
printf '%s\n' postern-pass-1 >"$work/rt-password"
chmod 600 "$work/rt-password"
cat >"$work/postern.toml" <<CONFIG
[server]
listen = "127.0.0.1:$port"
operations_listen = "127.0.0.1:0"
data_dir = "$data"

[edge]
public_url = "$url"

[[tenants]]
id = "msp-example"
name = "Example MSP"

[tenants.realms.customer]
issuer = "$issuer/realms/customers"
jwks_uri = "$issuer/realms/customers/keys"

[tenants.realms.employee]
issuer = "$issuer/realms/employees"
jwks_uri = "$issuer/realms/employees/keys"

[tenants.ports]
service_desk = "rt"
crm = "embedded"
knowledge = "embedded"
identity = "embedded"

[tenants.systems.embedded]
kind = "embedded"

[tenants.systems.rt]
kind = "request-tracker"
base_url = "$rt_url"
username = "postern"
password = { file = "$work/rt-password" }
queue_suffix = " Support"

[tenants.organisations]
acme = { embedded = "acme", rt = "$(queue Acme)" }
globex = { embedded = "globex", rt = "$(queue Globex)" }
CONFIG
"$postern" check --config "$work/postern.toml"
"$postern" serve --config "$work/postern.toml" >"$work/postern.log" 2>&1 &
gateway=$!
pids+=("$gateway")
wait_for "$url"

status=0
node "$here/check.mjs" "$url" "$issuer" "$rt_url" || status=$?

# Stopped in order, so that the last audit rows are signed; then the log has to be whole.
kill "$gateway"
wait "$gateway" || status=$?
"$postern" audit verify "$data" || status=$?
if "$postern" audit export "$data" | grep -qE 'canary|jane@acme|Outlook'; then
    echo "the audit log holds text of a ticket, or a name" >&2
    status=1
fi
if [ $status -ne 0 ]; then
    tail -n 30 "$work/postern.log" "$work/rt/rt.log" >&2
fi
exit $status
