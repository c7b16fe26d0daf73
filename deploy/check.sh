#!/bin/sh
# Checks the files here as far as that goes without what they are for: check.sh POSTERN
# The example configuration parses as it stands, and with every setting that it shows commented out; the dashboard and the
# alerts ask only for metrics that the source registers.
set -eu

[ $# -eq 1 ] || { echo "usage: check.sh POSTERN" >&2; exit 2; }
postern=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

printf 'not a secret, and long enough to be one\n' >"$work/secret"
prepared() {
    sed -e "s|/etc/postern/policies|$here/../policies|" -e "s|\"/etc/postern/[a-z-]*\"|\"$work/secret\"|" "$here/postern.example.toml"
}
prepared >"$work/plain.toml"
# A setting that is commented out begins at the margin, `#` and its name without a space; words have a space.
prepared | sed 's/^#\([a-z_]* = \)/\1/' >"$work/whole.toml"
if cmp -s "$work/plain.toml" "$work/whole.toml"; then
    echo "no commented setting was found" >&2
    exit 1
fi
for file in plain whole; do
    "$postern" check --config "$work/$file.toml"
done

python3 - "$here" <<'PYTHON'
import json
import pathlib
import re
import sys

here = pathlib.Path(sys.argv[1])

# Every field of the structs that are read from the file stands in the example. The names are the structs', except where a
# struct is not read as it is.
example = (here / "postern.example.toml").read_text()
# `password` is shown in words, since it stands in place of `token`.
read_by_hand = {"path", "expected", "customer_realm", "employee_realm", "password", "customer_sign_in", "employee_sign_in", "how", "secret"}
for struct in [
    "src/config.rs", "src/config/system.rs", "src/edge/config.rs", "src/edge/realm.rs",
    "src/authority/sign_in/config.rs",
    "adapters/autotask/src/config.rs", "adapters/connectwise/src/config.rs", "adapters/halopsa/src/config.rs",
    "adapters/hubspot/src/config.rs", "adapters/stripe/src/config.rs",
    "adapters/request-tracker/src/config.rs", "adapters/syncro/src/config.rs",
]:
    text = (here / ".." / struct).read_text()
    for name in re.findall(r"^    pub ([a-z_]+):", text, re.M):
        if name not in read_by_hand and not re.search(rf"(?<![a-z_]){name}(?![a-z_])( = |[\].])", example):
            sys.exit(f"postern.example.toml does not show `{name}` of {struct}")

source = (here / "../src/telemetry.rs").read_text()
known = set(re.findall(r'"(postern_[a-z_]+)"', source))
dashboard = (here / "grafana-dashboard.json").read_text()
json.loads(dashboard)
asked = set(re.findall(r"postern_[a-z_]+", dashboard))
unknown = {it for it in asked if re.sub(r"_(total|bucket|sum|count)$", "", it) not in known}
if unknown or not asked:
    sys.exit(f"metrics that the source does not register: {sorted(unknown)}")
missing = {it for it in known if not any(re.sub(r"_(total|bucket|sum|count)$", "", a) == it for a in asked)}
if missing:
    sys.exit(f"metrics that the dashboard does not show: {sorted(missing)}")
print(f"the dashboard asks for {len(asked)} series, all of them there")
PYTHON
