"""Reads what clients post: JSON, form fields, a file in a multipart body."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

from starlette.requests import Request


async def form_fields(request: Request) -> dict[str, str]:
    """A form's text fields; an empty dict where the body is no form."""
    content_type = request.headers.get("content-type", "")
    if content_type.startswith("application/x-www-form-urlencoded"):
        body = (await request.body()).decode("utf-8", "replace")
        return dict(parse_qsl(body, keep_blank_values=True))
    if content_type.startswith("multipart/form-data"):
        return {
            name: content.decode("utf-8", "replace") for name, is_file, content in await _parts(request) if not is_file
        }
    return {}


async def file_bytes(request: Request) -> bytes:
    """An upload's bytes: the first file of a multipart form, else the whole body."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return next((content for _, is_file, content in await _parts(request) if is_file), b"")
    return await request.body()


async def _parts(request: Request) -> list[tuple[str, bool, bytes]]:
    """(name, is a file, content) of each part."""
    head = b"Content-Type: " + request.headers["content-type"].encode("latin-1") + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + await request.body())
    found = []
    for part in message.iter_parts():
        content = part.get_payload(decode=True)
        name = part.get_param("name", "", header="content-disposition")
        found.append((str(name), part.get_filename() is not None, content if isinstance(content, bytes) else b""))
    return found
