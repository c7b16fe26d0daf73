#!/usr/bin/env bash
# Postern before a certified OpenID provider (oidc-provider) with two realms: people sign in through Postern at both, without a
# window; logout at the realm, keys that turn, rights that go. Argument: the postern to run; without it the debug build of this
# tree. Prints one line, `oidc: N passed, N failed`. Needs npm.
set -euo pipefail
source "$(dirname "$0")/../node.sh"
here="$root/tests/wide/oidc"

install oidc oidc-provider@9.13.3
# Modules are looked up from where a script lies.
cp "$here"/*.mjs "$cache/oidc/"

if [ $# -gt 0 ]; then
    postern=$(realpath "$1")
else
    cd "$root"
    cargo build --quiet --locked --bin postern
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

port=$(free_port)
origin="http://127.0.0.1:$port"
declare -A at pid
for realm in customer employee; do
    at[$realm]="$(free_port)"
    node "$cache/oidc/realm.mjs" $realm "${at[$realm]}" "$origin" "$data/$realm.secret" >"$cache/oidc-$realm.log" 2>&1 &
    pid[$realm]=$!
    started+=($!)
    wait_for "http://127.0.0.1:${at[$realm]}/.well-known/openid-configuration" || { cat "$cache/oidc-$realm.log" >&2; exit 1; }
done

# The demo's data, served with these realms in place of the demo's.
"$postern" demo --listen "127.0.0.1:$port" --data "$data/demo" >"$cache/oidc-demo.log" 2>&1 &
demo=$!
started+=($demo)
wait_for "$origin/mcp" || { cat "$cache/oidc-demo.log" >&2; exit 1; }
kill $demo
wait $demo 2>/dev/null || true

sed -e "s|@ORIGIN@|$origin|g" -e "s|@PORT@|$port|g" -e "s|@OPERATIONS@|$(free_port)|g" -e "s|@DATA@|$data/demo|g" \
    -e "s|@CUSTOMERS@|http://127.0.0.1:${at[customer]}|g" -e "s|@EMPLOYEES@|http://127.0.0.1:${at[employee]}|g" \
    -e "s|@CUSTOMER_SECRET@|$data/customer.secret|g" -e "s|@EMPLOYEE_SECRET@|$data/employee.secret|g" "$here/postern.toml" >"$data/postern.toml"
"$postern" serve --config "$data/postern.toml" >"$cache/oidc-postern.log" 2>&1 &
started+=($!)
wait_for "$origin/mcp" || { cat "$cache/oidc-postern.log" >&2; exit 1; }

node "$cache/oidc/check.mjs" "$origin" "http://127.0.0.1:${at[customer]}" "http://127.0.0.1:${at[employee]}" "${pid[employee]}"
