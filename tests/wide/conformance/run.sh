#!/usr/bin/env bash
# The official MCP conformance suites against the fixture server: 0.1.16 whole, and the alpha's frozen requirements of the
# revisions 2025-11-25 and 2026-07-28. Prints one line, `conformance: N passed, N failed`; what failed is above it.
# Extensions that the requirements list as not scored (tasks) are run by the suite and do not count.
set -euo pipefail
source "$(dirname "$0")/../node.sh"

install suite-stable @modelcontextprotocol/conformance@0.1.16
install suite-alpha @modelcontextprotocol/conformance@0.2.0-alpha.12
stable="$cache/suite-stable/node_modules/@modelcontextprotocol/conformance/dist/index.js"
alpha="$cache/suite-alpha/node_modules/@modelcontextprotocol/conformance/dist/index.js"

cd "$root"
cargo build --quiet --locked --example conformance --features conformance
target="${CARGO_TARGET_DIR:-$root/target}"
port=$(free_port)
log="$cache/conformance-server.log"
"$target/debug/examples/conformance" "$port" >"$log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true' EXIT
url="http://127.0.0.1:$port/mcp"
wait_for "$url"

passed=0
failed=0
status=0

# suite NAME ARGUMENTS...: runs one, adds its totals. Scenarios of extensions that we do not declare stand apart.
suite() {
    local name=$1 out="$cache/conformance-$1.log" code=0 counts
    shift
    (cd "$cache" && node "$@" --url "$url") >"$out" 2>&1 || code=$?
    counts=$(awk '
        / \(extension\)$/ { extension[$2] = 1 }
        /^(✓|✗) [a-z0-9-]+: [0-9]+ passed, [0-9]+ failed/ { sub(":", "", $2); yes[$2] += $3; no[$2] += $5 }
        END {
            for (scenario in yes) {
                if (scenario in extension) { apart += no[scenario] } else { p += yes[scenario]; f += no[scenario] }
            }
            print p + 0, f + 0, apart + 0
        }' "$out")
    read -r p f apart <<<"$counts"
    echo "$name: $p passed, $f failed$([ "$apart" -eq 0 ] || echo " ($apart more failed in extensions that are not declared and not scored)")"
    passed=$((passed + p))
    failed=$((failed + f))
    # A suite that found nothing to run has not passed.
    if [ $code -ne 0 ] || [ "$f" -ne 0 ] || [ "$p" -eq 0 ]; then
        status=1
        grep -E '^✗' "$out" >&2 || tail -40 "$out" >&2
        echo "$name: exit code $code; see $out" >&2
    fi
}

suite stable "$stable" server --suite all
suite requirements-2025-11-25 "$alpha" server --requirements 2025-11-25
suite requirements-2026-07-28 "$alpha" server --requirements 2026-07-28

echo "conformance: $passed passed, $failed failed"
exit $status
