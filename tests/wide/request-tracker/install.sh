#!/bin/sh
# Installs Request Tracker 5 from Debian's packages. Safe to run again. Needs root and Debian 12 or later.
set -eu

SERVER=/usr/share/request-tracker5/libexec/rt-server

installed() {
    [ -x "$SERVER" ] && perl -MPlack::Handler::Starlet -MDBD::SQLite -e 1 2>/dev/null
}

if ! installed; then
    export DEBIAN_FRONTEND=noninteractive
    # No mail cron jobs and no system service: start.sh runs the program itself, on a database of its own.
    echo 'request-tracker5 request-tracker5/install-cronjobs boolean false' | debconf-set-selections
    apt-get update -qq
    RUNLEVEL=1 apt-get install -y -qq --no-install-recommends \
        curl request-tracker5 rt5-db-sqlite rt5-standalone libdbd-sqlite3-perl starlet >/dev/null
    installed || { echo "request tracker could not be installed" >&2; exit 1; }
fi
dpkg-query -W -f 'INSTALLED ${Package} ${Version}\n' request-tracker5
