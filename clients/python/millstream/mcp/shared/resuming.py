"""Going on as an instance that an earlier session registered: for who has the token that it was given, and nobody else.

The token is random, and said once, in the answer to `register_instance`. What is kept is its SHA-256, in the event that
records that call: so it comes and goes with the instance, and no tool writes or shows it.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from contextlib import aclosing
from itertools import count

from mcp.server.mcpserver.exceptions import ToolError

from millstream import AsyncClient
from millstream.mcp.shared.taking import take

REGISTERING_TOOL = "register_instance"
HASH_NAME = "resume_token_sha256"
"""What the hash is called in the event's metadata."""
MAX_EVENTS = 100
"""How many of an instance's first events are looked at: the registration is the first, unless others logged some."""


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(32)


def metadata_of(token: str) -> Mapping[str, str]:
    """Return what the event of the registration keeps of a token."""
    return {HASH_NAME: _hash(token)}


async def check_token(client: AsyncClient, instance_id: str, token: str) -> None:
    """Raise ToolError unless the token is the one that the instance was registered with."""
    expected = await _registered_hash(client, instance_id)
    if not expected:
        raise ToolError(
            f"{instance_id} was not registered by a tool, so no token resumes it: start the server with "
            "--instance or MILLSTREAM_INSTANCE"
        )
    if not hmac.compare_digest(expected, _hash(token)):
        raise ToolError(f"this is not the resume_token that {instance_id} was registered with")


async def _registered_hash(client: AsyncClient, instance_id: str) -> str:
    """Return the hash that the registration of an instance kept; empty where there is none."""
    newest, _ = await take(client.agents.list_mcp_events(instance_id, page_size=1), 1)
    if not newest:
        return ""
    async with aclosing(client.agents.tail_mcp_events(instance_id)) as events:
        seen = count(1)
        async for event in events:
            if event.tool_name == REGISTERING_TOOL and HASH_NAME in event.metadata:
                return str(event.metadata[HASH_NAME])
            if event.id >= newest[0].id or next(seen) >= MAX_EVENTS:
                break
    return ""


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
