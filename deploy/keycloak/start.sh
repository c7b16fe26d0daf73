#!/usr/bin/env bash
# Fetches Keycloak with Maven, once, and serves the two realms of this folder on a loopback address, for a try or a test.
#
#   deploy/keycloak/start.sh DIR [PORT] [POSTERN_ORIGIN] [TENANT]
#   deploy/keycloak/start.sh --fetch DIR             only fetches it
#
# DIR keeps the program and, in `secrets`, what was made up at the first start: the password of every demo user, the secret of
# the client `postern` and the administrator's password. Runs until it is stopped. Needs Java 17 or newer, Maven and Python 3.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
version=26.4.7
only_fetch=
if [ "${1:-}" = --fetch ]; then
    only_fetch=yes
    shift
fi
dir=${1:?where to keep it}
port=${2:-8180}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

home="$dir/keycloak-$version"
if [ ! -f "$home/.whole" ]; then
    mvn -q dependency:copy -Dartifact="org.keycloak:keycloak-quarkus-dist:$version:zip" -DoutputDirectory="$dir" >&2
    rm -rf "$home"
    python3 -m zipfile -e "$dir/keycloak-quarkus-dist-$version.zip" "$dir"
    rm "$dir/keycloak-quarkus-dist-$version.zip"
    chmod +x "$home/bin/kc.sh"
    touch "$home/.whole"
fi

umask 077
if [ ! -f "$dir/secrets" ]; then
    made() { python3 -c 'import secrets; print(secrets.token_urlsafe(18))'; }
    printf 'DEMO_PASSWORD=%s\nPOSTERN_CLIENT_SECRET=%s\nKC_BOOTSTRAP_ADMIN_PASSWORD=%s\n' "$(made)" "$(made)" "$(made)" >"$dir/secrets"
fi
if [ -n "$only_fetch" ]; then exit; fi

set -a
# shellcheck disable=SC1091
source "$dir/secrets"
KC_BOOTSTRAP_ADMIN_USERNAME=admin
POSTERN_ORIGIN=${3:-http://127.0.0.1:8080}
POSTERN_TENANT=${4:-msp-example}
set +a

mkdir -p "$home/data/import"
cp "$here"/*.json "$home/data/import/"
exec "$home/bin/kc.sh" start-dev --http-host=127.0.0.1 --http-port="$port" --db=dev-mem --cache=local --import-realm
