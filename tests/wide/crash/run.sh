#!/usr/bin/env bash
# Kills the real program, at every step of a write, before systems that commit and then stall, fail or reset, and
# prints one line with what was found. `POSTERN_KILLS` says how often; a thousand times otherwise.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
POSTERN_KILLS="${POSTERN_KILLS:-1000}" cargo test --locked --test it crash:: -- --nocapture
