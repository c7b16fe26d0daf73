#!/usr/bin/env python3
"""A mail server that takes everything and keeps who it was for: mails.py PORT FILE."""

import asyncio
import sys

PORT, KEPT = int(sys.argv[1]), sys.argv[2]


async def serve(reader, writer):
    async def say(line):
        writer.write(line.encode() + b"\r\n")
        await writer.drain()

    await say("220 sink")
    while line := (await reader.readline()).decode("utf-8", "replace").strip():
        verb = line.upper()
        if verb.startswith("RCPT TO:"):
            with open(KEPT, "a", encoding="utf-8") as kept:
                kept.write(line[8:].strip().strip("<>") + "\n")
            await say("250 ok")
        elif verb.startswith("DATA"):
            await say("354 go on")
            while (await reader.readline()).strip() != b".":
                pass
            await say("250 ok")
        elif verb.startswith("QUIT"):
            await say("221 bye")
            break
        else:
            await say("250 ok")
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", PORT)
    async with server:
        await server.serve_forever()


asyncio.run(main())
