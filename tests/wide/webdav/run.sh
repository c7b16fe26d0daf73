#!/usr/bin/env bash
# The WebDAV adapter against a real WsgiDAV: the kit, with properties and with side-cars. Needs Python 3 with venv.
# Exits with 77 where WsgiDAV cannot be had.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
cache="$root/tests/wide/.cache"
mkdir -p "$cache"

venv="$cache/webdav"
if ! [ -x "$venv/bin/wsgidav" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" -q install wsgidav==4.4.0 cheroot==11.1.2 >"$cache/webdav-pip.log" 2>&1 || { rm -rf "$venv"; exit 77; }
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
mkdir -p "$data/properties" "$data/sidecars"
cat >"$data/wsgidav.yaml" <<CONFIG
host: 127.0.0.1
port: $port
provider_mapping:
  "/properties": "$data/properties"
  "/sidecars": "$data/sidecars"
http_authenticator:
  domain_controller: null
  accept_basic: true
  accept_digest: false
  default_to_digest: false
simple_dc:
  user_mapping:
    "*":
      "svc-postern":
        password: "svc-pass-1"
property_manager:
  class: wsgidav.prop_man.property_manager.ShelvePropertyManager
  kwargs:
    storage_path: "$data/properties.shelve"
lock_storage: true
verbose: 1
CONFIG
"$venv/bin/wsgidav" --config "$data/wsgidav.yaml" >"$cache/webdav.log" 2>&1 &
server=$!

python3 "$here/seed.py" "127.0.0.1:$port" "$server" || { tail -5 "$cache/webdav.log" >&2; exit 1; }
cd "$root"
POSTERN_WEBDAV_URL="http://127.0.0.1:$port" cargo test --locked -p postern -p postern-webdav --test real | tee "$data/out"
# Without the address the tests only say that they were skipped, which would look like success.
if grep -q '^SKIPPED' "$data/out"; then exit 1; fi
