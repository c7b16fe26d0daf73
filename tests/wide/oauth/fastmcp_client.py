"""FastMCP's client, signing in by itself with its own callback listener. Arguments: URL TOOL ARGUMENTS."""

import asyncio
import json
import sys

from browser import open_page
from fastmcp import Client
from fastmcp.client.auth import OAuth


class Person(OAuth):
    """Opens the sign-in as the person, instead of a window."""

    async def redirect_handler(self, authorization_url):
        self.visit = asyncio.create_task(open_page(str(authorization_url)))


async def main(url, tool, arguments):
    async with Client(url, auth=Person(url)) as client:
        tools = [it.name for it in await client.list_tools()]
        answer = await client.call_tool(tool, arguments)
        print(json.dumps({
            "protocol": "any",
            "tools": tools,
            "is_error": answer.is_error,
            "text": answer.content[0].text,
            "structured": answer.structured_content,
        }))


asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
