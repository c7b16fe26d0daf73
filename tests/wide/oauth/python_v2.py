"""The official Python SDK, second line, signing in by itself. Arguments: URL TOOL ARGUMENTS MODE (`auto` or `legacy`)."""

import asyncio
import json
import sys

import httpx2
from browser import callback_of
from mcp import Client
from mcp.client.auth import OAuthClientProvider, TokenStorage
from mcp.client.auth.oauth2 import AuthorizationCodeResult
from mcp.client.streamable_http import streamable_http_client
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


async def main(url, tool, arguments, mode):
    came = {}

    async def redirect(to):
        came.update(await callback_of(to))

    async def callback():
        return AuthorizationCodeResult(code=came["code"], state=came.get("state"), iss=came.get("iss"))

    metadata = OAuthClientMetadata(
        client_name="Python SDK 2", redirect_uris=[REDIRECT], grant_types=["authorization_code", "refresh_token"],
        response_types=["code"], token_endpoint_auth_method="none")
    sign_in = OAuthClientProvider(
        server_url=url, client_metadata=metadata, storage=Memory(), redirect_handler=redirect, callback_handler=callback)
    async with httpx2.AsyncClient(auth=sign_in, timeout=30) as http:
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


asyncio.run(main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), sys.argv[4]))
