#!/bin/sh
# Starts Request Tracker 5 on 127.0.0.1 with a fresh database: start.sh DIR PORT
# Prints READY and the address once it answers; DIR/rt.pid holds the process, DIR/rt.log what it says.
set -eu

[ $# -eq 2 ] || { echo "usage: start.sh DIR PORT" >&2; exit 2; }
HERE=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
DIR=$(cd "$1" && pwd)
PORT=$2
URL=http://127.0.0.1:$PORT

sh "$HERE/stop.sh" "$DIR"
rm -rf "$DIR/rt.db" "$DIR/mason" "$DIR/conf.d" "$DIR/rt.log"
# The directory of extra settings stays empty: with Debian's own in force, the database would land elsewhere.
mkdir -p "$DIR/conf.d" "$DIR/mason" "$DIR/mail"

cat >"$DIR/RT_SiteConfig.pm" <<CONFIG
Set(\$rtname, 'msp.example');
Set(\$Organization, 'msp.example');
Set(\$DatabaseType, 'SQLite');
Set(\$DatabaseName, '$DIR/rt.db');
Set(\$Timezone, 'UTC');
Set(\$WebDomain, '127.0.0.1');
Set(\$WebPort, $PORT);
Set(\$WebBaseURL, '$URL');
Set(\$WebSecureCookies, 0);
Set(\$RestrictReferrer, 0);
Set(\$CorrespondAddress, 'support\@msp.example');
Set(\$CommentAddress, 'comment\@msp.example');
Set(\$MailCommand, 'testfile');
Set(\$LogToSTDERR, 'warning');
Set(\$LogToFile, undef);
Set(\$LogToSyslog, undef);
Set(\$LogDir, '$DIR');
# Words in messages are searched without an index: slow on a large desk, enough here.
Set(%FullTextSearch, Enable => 1, Indexed => 0);
# Lets an account without AdminUsers look people up by their organisation.
Set(\$UserSummaryExtraInfo, 'RealName, EmailAddress, Name, Organization, WorkPhone');
1;
CONFIG

export RT_SITE_CONFIG="$DIR/RT_SiteConfig.pm" RT_SITE_CONFIG_DIR="$DIR/conf.d" TMPDIR="$DIR/mail"
{
    rt-setup-database-5 --action init --skip-create
    rt-setup-database-5 --action insert --skip-create --datafile "$HERE/seed.pl"
} >"$DIR/setup.log" 2>&1 || { echo "the database could not be set up; see $DIR/setup.log" >&2; exit 1; }

nohup setsid /usr/share/request-tracker5/libexec/rt-server --server Starlet --host 127.0.0.1 --port "$PORT" --max-workers 2 \
    >"$DIR/rt.log" 2>&1 </dev/null &
echo $! >"$DIR/rt.pid"

tries=0
until curl -sf -u postern:postern-pass-1 "$URL/REST/2.0/rt" >/dev/null; do
    tries=$((tries + 1))
    if [ $tries -gt 120 ] || ! kill -0 "$(cat "$DIR/rt.pid")" 2>/dev/null; then
        echo "request tracker did not start; see $DIR/rt.log" >&2
        exit 1
    fi
    sleep 0.5
done
echo "READY $URL"
