"""What is published: a frame of ours, or one like it of as many bytes, that says in its body when that was."""

from __future__ import annotations

import json
from time import monotonic_ns

# Before the time in a body; nothing else of a frame has it.
MARK = b"@@"
# Digits of the time: nanoseconds of the clock that all processes of a machine share.
DIGITS = 20
_WORDS = "The boat leaves the lighthouse tomorrow before noon, weather permitting; bring bread and a warm coat."


def stamped_body() -> str:
    """Return a body of usual length that says when it was made."""
    return f"{MARK.decode()}{monotonic_ns():0{DIGITS}} {_WORDS}"


def stamped_frame(number: int) -> str:
    """Return a frame as ours are, for the servers that know none of their own."""
    message = {
        "message_id": "019a4c5e-7b1d-7c3a-9f52-0a1b2c3d4e5f",
        "conversation_id": "019a4c5e-6a0c-7b2f-8e41-f0e1d2c3b4a5",
        "seq": number,
        "sender": {
            "id": "8c6f2f0e-5a43-4b8e-9a52-6d1f0c9b7a38",
            "display_name": "Ada Tester",
            "avatar_url": None,
        },
        "message_body": stamped_body(),
        "kind": "user",
        "sent_at": "2026-03-01T12:00:00.000000Z",
        "edited_at": None,
        "deleted_at": None,
        "client_id": None,
        "reply_to": None,
        "reply_count": 0,
        "reactions": [],
        "attachments": [],
        "mentions": [],
        "forwarded": False,
        "pinned": False,
        "saved": False,
        "metadata": {},
    }
    frame = {
        "type": "message.created",
        "conversation_id": message["conversation_id"],
        "event_seq": number,
        "count_seq": number,
        "data": {"message": message},
    }
    return json.dumps(frame, separators=(",", ":"))
