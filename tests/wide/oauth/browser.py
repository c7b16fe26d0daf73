"""The person at the browser, for clients in Python: `ACCOUNT` and `PASSWORD` are in the environment."""

import asyncio
import os
import pathlib
import sys
from urllib.parse import parse_qsl, urlsplit

PERSON = pathlib.Path(__file__).with_name("person.py")


async def open_page(url, *more):
    """Opens an address as the person; answers where it led."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(PERSON), url, os.environ["ACCOUNT"], os.environ["PASSWORD"], *more, stdout=asyncio.subprocess.PIPE)
    out, _ = await child.communicate()
    if child.returncode != 0:
        raise RuntimeError("the person could not sign in")
    return out.decode().strip().splitlines()[-1]


async def callback_of(url):
    """What the client's own address was told, without opening it."""
    return dict(parse_qsl(urlsplit(await open_page(str(url), "--stop")).query))
