"""Reading a body with a cap on what it may become: a small gzip bomb unpacks to gigabytes."""

import asyncio
import zlib
from typing import cast

import httpx

from discarr.core.errors import BadAnswer

MAX_BODY_BYTES = 32 << 20
"""Of the decoded body. 1,000 lean queue rows are 1.5 MB, 300 with embedded titles 4.4 MB."""

_STEP_BYTES = 1 << 20
"""How much is unpacked before others get a turn: about 3 ms."""


async def read_body(response: httpx.Response, instance: str, *, limit: int = MAX_BODY_BYTES) -> bytes:
    """Read and unpack the body of a streamed response.

    httpx would unpack a whole network chunk at a time, a thousandfold in the worst case; so the raw
    bytes are taken and unpacked here, in steps.

    Raises:
        BadAnswer: larger than `limit`, cut short, or packed in a way that was not asked for.
    """
    stream = cast(httpx.AsyncByteStream, response.stream)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding in ("gzip", "x-gzip"):
        return await _unpack(stream, instance, limit)
    if encoding not in ("", "identity"):
        raise BadAnswer(instance, "a content encoding that was not asked for")
    chunks: list[bytes] = []
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size > limit:
            raise BadAnswer(instance, "the body is too large")
        chunks.append(chunk)
    return b"".join(chunks)


async def _unpack(stream: httpx.AsyncByteStream, instance: str, limit: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    unpacked = bytearray()
    try:
        async for chunk in stream:
            pending = chunk
            while pending and not unpacker.eof:
                unpacked += unpacker.decompress(pending, _STEP_BYTES)
                if len(unpacked) > limit:
                    raise BadAnswer(instance, "the unpacked body is too large")
                pending = unpacker.unconsumed_tail
                if pending:
                    await asyncio.sleep(0)
    except zlib.error as exc:
        raise BadAnswer(instance, "the packed body is damaged") from exc
    if not unpacker.eof:
        raise BadAnswer(instance, "the packed body is cut short")
    return bytes(unpacked)
