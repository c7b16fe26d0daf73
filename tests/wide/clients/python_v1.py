"""The official Python SDK, first line (2025-11-25). Arguments: URL TOKEN TOOL ARGUMENTS."""

import asyncio
import json
import sys

from mcp import ClientSession
from mcp.client.streamable_http import streamablehttp_client


async def main(url, token, tool, arguments):
    headers = {"Authorization": f"Bearer {token}"}
    async with streamablehttp_client(url, headers=headers) as (read, write, _):
        async with ClientSession(read, write) as session:
            hello = await session.initialize()
            tools = [it.name for it in (await session.list_tools()).tools]
            answer = await session.call_tool(tool, arguments)
            print(json.dumps({
                "protocol": hello.protocolVersion,
                "tools": tools,
                "is_error": answer.isError,
                "text": answer.content[0].text,
                "structured": answer.structuredContent,
            }))


asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])))
