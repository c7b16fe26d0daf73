"""The official Python SDK, first line, signing in by itself. Arguments: URL TOOL ARGUMENTS; the person is in the environment."""

import asyncio
import json
import sys

from browser import callback_of
from mcp import ClientSession
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.streamable_http import streamablehttp_client
from mcp.shared.auth import OAuthClientMetadata

REDIRECT = "http://127.0.0.1:9999/callback"


class Memory(TokenStorage):
    tokens = client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def main(url, tool, arguments):
    came = {}

    async def redirect(to):
        came.update(await callback_of(to))

    async def callback():
        return came["code"], came.get("state")

    metadata = OAuthClientMetadata(
        client_name="Python SDK 1", redirect_uris=[REDIRECT], grant_types=["authorization_code", "refresh_token"],
        response_types=["code"], token_endpoint_auth_method="none")
    sign_in = OAuthClientProvider(
        server_url=url, client_metadata=metadata, storage=Memory(), redirect_handler=redirect, callback_handler=callback)
    async with streamablehttp_client(url, auth=sign_in) as (read, write, _):
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


asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3])))
