"""A client that `openapi-python-client` makes of the document plays a whole conversation."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.clients.conftest import DOCUMENT, Register

pytestmark = pytest.mark.clients

NAME = "generated_convo"
# Formatting what was made takes tools that change nothing of what it does.
CONFIG = "post_hooks: []\n"
GENERATION_SECONDS = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The generated package, which can be imported; a warning of the generator is an error."""
    parent = tmp_path_factory.mktemp("generated")
    (parent / "config.yaml").write_text(CONFIG)
    command = [str(Path(sys.executable).parent / "openapi-python-client"), "generate", "--path", str(DOCUMENT)]
    options = ["--output-path", str(parent / NAME), "--meta", "none", "--config", str(parent / "config.yaml")]
    made = subprocess.run(
        [*command, *options, "--fail-on-warning"], capture_output=True, text=True, timeout=GENERATION_SECONDS
    )
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(parent))
    yield parent / NAME
    sys.path.remove(str(parent))


class Caller:
    """Somebody's generated client."""

    def __init__(self, address: str, token: str) -> None:
        made = importlib.import_module(NAME)
        self._client = made.AuthenticatedClient(
            base_url=address,
            token=token,
            prefix="Token",
            raise_on_unexpected_status=True,
            httpx_args={"trust_env": False},
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.get_httpx_client().close()

    def __call__(self, status: int, call: str, *path: Any, **arguments: Any) -> Any:
        """Call `tag.operation`, and return the answer as the generated types have it."""
        function = importlib.import_module(f"{NAME}.api.{call}").sync_detailed
        answer = function(*path, client=self._client, **arguments)
        assert answer.status_code == status, answer.content
        return answer.parsed


@pytest.fixture
def call_as(folder: Path, address: str) -> Iterator[Callable[[str], Caller]]:
    """Return what makes the client of whose token it is."""
    with ExitStack() as stack:

        def make(token: str) -> Caller:
            return stack.enter_context(closing(Caller(address, token)))

        yield make


def test_every_operation_is_generated(folder: Path) -> None:
    yaml = pytest.importorskip("yaml")
    document = yaml.safe_load(DOCUMENT.read_text())
    described = {
        operation["operationId"]
        for methods in document["paths"].values()
        for method, operation in methods.items()
        if method != "parameters"
    }

    assert {path.stem for path in folder.glob("api/*/*.py")} - {"__init__"} == described


def test_generated_client_plays_a_conversation(call_as: Callable[[str], Caller], register: Register) -> None:
    models = importlib.import_module(f"{NAME}.models")
    types = importlib.import_module(f"{NAME}.types")
    people = [register(name) for name in ("ada", "bob")]
    ada, bob = (call_as(person.token) for person in people)
    ada_id, bob_id = (UUID(person.user_id) for person in people)

    def sending(body: str, **fields: Any) -> Any:
        return models.SendNested(message_body=body, **fields)

    assert ada(200, "users.users_me_retrieve").user_id == ada_id
    creation = models.ConversationCreation(participants=[bob_id], kind=models.ConversationKind.GROUP, title="Lamps")
    conversation = ada(201, "conversations.conversations_create", body=creation)
    own = conversation.conversation_id
    first_body = sending("Is the lamp lit?", client_id="first", mentions=[bob_id])
    first = ada(201, "conversations.conversations_messages_create", own, body=first_body)
    again = ada(200, "conversations.conversations_messages_create", own, body=first_body)
    assert (again.message_id, again.seq, again.client_id) == (first.message_id, 1, "first")

    edit = models.PatchedEdit(message_body="Is the lamp lit tonight?")
    edited = ada(200, "conversations.conversations_messages_partial_update", own, first.message_id, body=edit)
    assert edited.edited_at > edited.sent_at
    [revision] = ada(200, "conversations.conversations_messages_revisions_list", own, first.message_id).results
    assert revision.message_body == "Is the lamp lit?"
    reacted = bob(200, "conversations.conversations_messages_reactions_update", own, first.message_id, "👍")
    assert [(item.emoji, item.count, item.me) for item in reacted.reactions] == [("👍", 1, True)]

    upload = models.Upload(file=types.File(payload=BytesIO(b"words"), file_name="notes.txt", mime_type="text/plain"))
    file = bob(201, "attachments.attachments_create", body=upload)
    reply_body = sending("It is.", reply_to=first.message_id, attachments=[file.attachment_id])
    reply = bob(201, "conversations.conversations_messages_create", own, body=reply_body)
    assert (reply.reply_to.message_id, reply.reply_to.seq) == (first.message_id, 1)
    assert [(item.name, item.size) for item in reply.attachments] == [("notes.txt", 5)]
    download = ada(200, "attachments.attachments_download_retrieve", file.attachment_id)
    assert download.payload.read() == b"words"

    assert ada(200, "unread.unread_retrieve").messages == 1
    read = ada(200, "conversations.conversations_read_create", own, body=models.Read())
    assert (read.unread_count, read.last_read_seq) == (0, 2)
    page = ada(200, "conversations.conversations_messages_list", own, limit=1)
    assert [message.message_id for message in page.results] == [reply.message_id]
    assert page.next_ is not None
    [inbox] = ada(200, "conversations.conversations_list", kind=models.ConversationsListKind.GROUP).results
    assert (inbox.title, inbox.last_message.message_id) == ("Lamps", reply.message_id)
    [found] = ada(200, "search.search_list", q="lamp", conversation_id=own).results
    assert found.message.message_id == first.message_id
    assert found.highlights

    heads = models.SyncRequestHeadsType0.from_dict({str(own): 1})
    synced = ada(200, "sync.sync_create", body=models.SyncRequest(heads=heads))
    assert {"message.created", "message.updated", "reaction.added"} <= {
        frame.type_ for frame in synced.events[str(own)]
    }
    bob(204, "conversations.conversations_messages_destroy", own, reply.message_id)
    deleted = ada(200, "conversations.conversations_messages_retrieve", own, reply.message_id)
    assert (deleted.message_body, deleted.attachments) == ("", [])
    assert deleted.deleted_at is not None
    missed = ada(200, "sync.sync_create", body=models.SyncRequest(cursor=synced.cursor))
    assert missed.events.additional_properties or missed.conversations

    refused = ada(400, "conversations.conversations_messages_create", own, body=models.SendNested())
    assert refused["message_body"] == ["This field is required."]
    assert ada(404, "messages.messages_retrieve", ada_id).code == "not_found"
