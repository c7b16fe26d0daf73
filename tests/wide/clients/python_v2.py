"""The official Python SDK, second line. Arguments: URL TOKEN TOOL ARGUMENTS MODE, where MODE is `auto` or `legacy`."""

import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client


async def main(url, token, tool, arguments, mode):
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(headers=headers, timeout=30) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
            tools = [it.name for it in (await client.list_tools()).tools]
            answer = await client.call_tool(tool, arguments)
            print(json.dumps({
                "protocol": client.protocol_version,
                "tools": tools,
                "is_error": answer.is_error,
                "text": answer.content[0].text,
                "structured": answer.structured_content,
            }))


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4]), sys.argv[5]))
