"""The AsyncAPI document of the frames, as `docs/reference/asyncapi.yaml` has it; its shapes are those of the REST API.

python -m tests.asyncapi            say whether it is that file
python -m tests.asyncapi --write    bring the file up to date, after `python -m tests.openapi --write`
"""

from __future__ import annotations

import json
import sys
from copy import deepcopy
from typing import Any

import yaml

from tests import golden
from tests.openapi import GOLDEN as OPENAPI

GOLDEN = OPENAPI.with_name("asyncapi.yaml")

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
TRUTH: Schema = {"type": "boolean"}
KEY: Schema = {"type": "string", "format": "uuid"}
MOMENT: Schema = {"type": "string", "format": "date-time"}
# What a client calls a frame, to find its answer by.
ID: Schema = {"oneOf": [{"type": "string", "maxLength": 64}, {"type": "integer"}]}

# Beside the events of the log, by what makes the server say it.
SAID = {
    "hidden": "An event that this viewer may not see; it counts, and says nothing.",
    "membership.updated": "One's own state has changed, on another device or by what others do.",
    "conversation.joined": "One sees a conversation since now: all of it.",
    "conversation.left": "One sees a conversation no longer; nothing of it follows.",
    "typing": "Somebody types, for six seconds or until they no longer do.",
    "presence": "Somebody who shares a conversation with one is there, or no longer is.",
    "read": "How far somebody has read.",
    "delivered": "How far messages have reached somebody.",
    "ack": "What was asked for is done.",
    "error": "What was asked for is refused.",
    "pong": "Where the client stands.",
    "resumed": "What was missed has been said, but for the conversations that have to be loaded anew.",
    "closed": "The last event of a stream: why it ends. A socket says it with its close code.",
}
ASKED = {
    "message.send": "Send a message, as `POST /messages/`.",
    "read": "Move one's read pointer, as `POST …/read/`.",
    "delivered": "Note up to which message everything has reached this device.",
    "typing": "Let the others see that one types, as `POST …/typing/`.",
    "presence": "Ask who else of a conversation is there.",
    "resume": "Ask for what was missed, since a cursor, since the numbers one has, or both.",
    "ping": "Ask where one stands.",
}
# `resume` is answered by what was missed and `resumed`; `ping` by `pong`.
ON_SOCKETS_ALONE = {"ack"}
ON_STREAMS_ALONE = {"closed"}


def shape(required: Schema, optional: Schema | None = None, **more: Any) -> Schema:
    """Return the schema of an object."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": sorted(required), **more}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


def shared(schema: Schema, *, without: set[str]) -> Schema:
    """Return a shape of the REST API without what depends on the viewer."""
    kept = {name: value for name, value in schema["properties"].items() if name not in without}
    return {**schema, "properties": kept, "required": [name for name in schema["required"] if name in kept]}


def schemas_of_frames(rest: dict[str, Schema]) -> dict[str, Schema]:
    """Return what stands in frames, derived from what stands in answers."""
    from django_convo.api.frames import _NOT_IN_FRAMES

    message = shared(rest["Message"], without={"client_id"})
    reference = shape({"message_id": KEY, "seq": NUMBER})
    message["description"] = "A message as everyone gets it; files stand under their address without a signature."
    message["properties"] |= {
        "reply_to": nullable(reference),
        "reactions": {"type": "array", "items": ref("SharedReaction")},
    }
    conversation = shared(rest["Conversation"], without=set(_NOT_IN_FRAMES))
    conversation["description"] = "A conversation as everyone gets it."
    reaction = shared(rest["Reaction"], without={"me"})
    reaction["description"] = "How many have reacted with an emoji."
    return {"SharedMessage": message, "SharedConversation": conversation, "SharedReaction": reaction}


def event(kind: str, rest: dict[str, Schema]) -> Schema:
    """Return the shape of an event of the log as a frame."""
    thread = shape({"message_id": KEY, "seq": NUMBER, "reply_count": NUMBER})
    noun = kind.partition(".")[0]
    card = nullable(ref("UserCard"))
    data = {
        "message": shape({"message": ref("SharedMessage")}, {"thread_root": thread}),
        "reaction": shape(
            {
                "message_id": KEY,
                "emoji": TEXT,
                "user": card,
                "reactions": {"type": "array", "items": ref("SharedReaction")},
            }
        ),
        "conversation": shape({"conversation": ref("SharedConversation")}, {"oldest_seq": NUMBER}),
        "participant": shape(
            {
                "user_id": {"type": ["string", "integer"]},
                "user": card,
                "role": {"type": ["string", "null"]},
                "participant_count": NUMBER,
            }
        ),
    }[noun]
    # Of the sender's own message, to the sender.
    optional = {"client_id": TEXT} if noun in ("message", "reaction") else {}
    stated = {name: value for name, value in rest["Frame"]["properties"].items() if name != "client_id"}
    return shape({**stated, "type": {"const": kind}, "data": data}, optional)


def said(kind: str) -> Schema:
    """Return the shape of a frame of the server's that is no event."""
    place: Schema = {"conversation_id": KEY}
    user: Schema = {"user": ref("UserCard")}
    counts: Schema = {"membership": ref("Membership"), "unread_count": NUMBER, "mention_count": NUMBER}
    pointer: Schema = {**place, "data": shape({**user, "seq": NUMBER})}
    required: dict[str, Schema] = {
        "hidden": {**place, "event_seq": NUMBER},
        "membership.updated": {**place, "count_seq": NUMBER, "data": shape(counts)},
        "conversation.joined": {**place, "count_seq": NUMBER, "data": shape({"conversation": ref("Conversation")})},
        "conversation.left": {**place, "data": shape({})},
        "typing": {**place, "data": shape({**user, "is_typing": TRUTH})},
        "presence": {"data": shape({**user, "online": TRUTH, "last_seen": nullable(MOMENT)})},
        "read": pointer,
        "delivered": pointer,
        "ack": {},
        "error": {"code": TEXT, "detail": TEXT},
        "pong": {"cursor": TEXT},
        "resumed": {"limited": {"type": "array", "items": KEY}, "cursor": nullable(TEXT), "epoch": TEXT},
        "closed": {"code": NUMBER, "reason": TEXT},
    }
    optional: dict[str, Schema] = {
        "ack": {"id": ID, "message": ref("Message"), "scheduled": ref("Scheduled")},
        "error": {"id": ID, "errors": {"type": "object"}, "retry_after": NUMBER},
        "pong": {"id": ID},
    }
    return shape({"type": {"const": kind}, **required[kind]}, optional.get(kind))


def asked(kind: str, rest: dict[str, Schema]) -> Schema:
    """Return the shape of a frame of the client's."""
    place: Schema = {"conversation": KEY}
    optional: dict[str, Schema] = {
        "read": {"seq": NUMBER},
        "typing": {"is_typing": TRUTH},
        "resume": {"cursor": TEXT, "heads": {"type": "object", "additionalProperties": NUMBER, "maxProperties": 500}},
    }
    required: dict[str, Schema] = {"delivered": {**place, "seq": NUMBER}, "resume": {}, "ping": {}}
    if kind == "message.send":
        send = rest["Send"]["properties"]
        return shape(
            {"type": {"const": kind}, "conversation": send["conversation"]},
            {"id": ID, **{name: value for name, value in send.items() if name != "conversation"}},
        )
    return shape({"type": {"const": kind}, **required.get(kind, place)}, {"id": ID, **optional.get(kind, {})})


def build() -> dict[str, Any]:
    """Return the document."""
    from django_convo.realtime.commands import TYPES
    from django_convo.types import EventType

    # Asserted rather than taken over: what is new wants a description.
    assert set(ASKED) == set(TYPES)
    rest: dict[str, Schema] = yaml.safe_load(OPENAPI.read_text())["components"]["schemas"]
    schemas = {**rest, **schemas_of_frames(rest)}
    events = {kind.value: (f"{kind.label.capitalize()}.", event(kind, rest)) for kind in EventType}
    from_server = events | {kind: (text, said(kind)) for kind, text in SAID.items()}
    from_client = {kind: (text, asked(kind, rest)) for kind, text in ASKED.items()}
    messages = {f"server.{kind}": message(kind, *found) for kind, found in from_server.items()}
    messages |= {f"client.{kind}": message(kind, *found) for kind, found in from_client.items()}
    on_socket = [name for name in messages if name.removeprefix("server.") not in ON_STREAMS_ALONE]
    on_stream = [f"server.{kind}" for kind in from_server if kind not in ON_SOCKETS_ALONE]
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "django-convo",
            "version": "1",
            "description": "Real time: what servers and clients say. Clients ignore what they do not know.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "socket": channel("/ws/convo/", "The WebSocket; subprotocol `convo.v1`.", on_socket),
            "stream": channel("/api/stream/", "Server-sent events; `id:` is a cursor.", on_stream),
        },
        "operations": {
            "sendFrames": operation("send", "socket", [name for name in on_socket if name.startswith("server.")]),
            "receiveFrames": operation(
                "receive", "socket", [name for name in on_socket if name.startswith("client.")]
            ),
            "streamFrames": operation("send", "stream", on_stream),
        },
        "components": {"messages": messages, "schemas": used(messages, schemas)},
    }
    # Without what YAML would write as aliases.
    plain: dict[str, Any] = json.loads(json.dumps(document))
    return plain


def message(kind: str, summary: str, payload: Schema) -> dict[str, Any]:
    return {"name": kind, "summary": summary, "payload": payload}


def channel(address: str, description: str, names: list[str]) -> dict[str, Any]:
    messages = {name: {"$ref": f"#/components/messages/{name}"} for name in names}
    return {"address": address, "description": description, "messages": messages}


def operation(action: str, place: str, names: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{place}"},
        "messages": [{"$ref": f"#/channels/{place}/messages/{name}"} for name in names],
    }


def used(messages: Any, schemas: dict[str, Schema]) -> dict[str, Schema]:
    """Return the schemas that the messages refer to, and those that these do."""
    found: dict[str, Schema] = {}
    waiting = list(references(messages))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = deepcopy(schemas[name])
            waiting += references(found[name])
    return dict(sorted(found.items()))


def references(value: Any) -> list[str]:
    """Return the names of the schemas that something refers to."""
    if isinstance(value, list):
        return [name for item in value for name in references(item)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"].rpartition("/")[2]] if "/schemas/" in str(value.get("$ref", "")) else []
    return own + [name for item in value.values() for name in references(item)]


def generate() -> str:
    """Return the document as the file has it."""
    text: str = yaml.safe_dump(build(), sort_keys=False, allow_unicode=True, width=119)
    return text


if __name__ == "__main__":
    sys.exit(golden.main("AsyncAPI", GOLDEN, generate))
