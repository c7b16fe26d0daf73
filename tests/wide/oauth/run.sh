#!/usr/bin/env bash
# Stock MCP clients sign in by themselves at `postern demo`: discovery, registration, the sign-in and consent pages, the code,
# the tokens; then each lists and calls as a customer and as an employee. Claude Code and Codex add, log in and list.
# Argument: the postern to run; without it the debug build of this tree. Prints one line, `oauth: N passed, N failed`.
set -euo pipefail
source "$(dirname "$0")/../node.sh"
here="$root/tests/wide/oauth"

# python FOLDER PACKAGE==VERSION: a virtual environment in the cache, once.
python() {
    local folder="$cache/$1"
    if [ "$(cat "$folder/.installed" 2>/dev/null)" != "$2" ]; then
        rm -rf "$folder"
        python3 -m venv "$folder"
        "$folder/bin/pip" install --quiet "$2" >&2
        echo "$2" >"$folder/.installed"
    fi
}

python py-v1 mcp==1.30.0
python py-v2 mcp==2.3.0
python py-fastmcp fastmcp==4.1.0
install ts-v1 @modelcontextprotocol/sdk@1.32.2
install ts-v2 @modelcontextprotocol/client@2.4.0
install inspector @modelcontextprotocol/inspector@2.12.0
install mcp-remote mcp-remote@0.15.1
install claude @anthropic-ai/claude-code@2.1.329
install codex @openai/codex@0.169.0
