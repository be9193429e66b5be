"""`CONVO_MESSAGE_HOOKS`: functions of the host that accept, rewrite or refuse what is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.utils import timezone

from django_convo import actions
from django_convo.actions import OutgoingMessage
from django_convo.exceptions import Conflict, Denied, Invalid
from django_convo.models import Attachment, Event, Mention, MessageRevision, ScheduledMessage, get_message_model
from tests.people import bodies_of, make_group, row_of
from tests.replay import replayed

# What the hooks below have seen.
SEEN: list[OutgoingMessage] = []


@pytest.fixture(autouse=True)
def _nothing_seen() -> Iterator[None]:
    SEEN.clear()
    yield
    SEEN.clear()


def look(outgoing: OutgoingMessage) -> None:
    SEEN.append(outgoing)


def mask(outgoing: OutgoingMessage) -> OutgoingMessage:
    return replace(outgoing, body=outgoing.body.replace("damn", "d***"))


def rename(outgoing: OutgoingMessage) -> OutgoingMessage:
    return replace(outgoing, body=outgoing.body.replace("nobody", "d.ada"))


def tag(outgoing: OutgoingMessage) -> OutgoingMessage:
    return replace(outgoing, metadata={**outgoing.metadata, "language": "en"})


def shout(outgoing: OutgoingMessage) -> OutgoingMessage:
    return replace(outgoing, body=f"{outgoing.body}!")


def quote_former(outgoing: OutgoingMessage) -> OutgoingMessage | None:
    if outgoing.edited is None:
        return None
    return replace(outgoing, body=f"{outgoing.body} (was: {outgoing.edited.message_body})")


def refuse_links(outgoing: OutgoingMessage) -> None:
    if "http" in outgoing.body:
        raise Denied("no_links", "Links are not allowed here.")


def blank(outgoing: OutgoingMessage) -> OutgoingMessage:
    return replace(outgoing, body=" ")


def lengthen(outgoing: OutgoingMessage) -> OutgoingMessage:
    return replace(outgoing, body="x" * 10_001)


def overload(outgoing: OutgoingMessage) -> OutgoingMessage:
    return replace(outgoing, metadata={"a": "x" * 5_000})


def write_and_refuse(outgoing: OutgoingMessage) -> None:
    Group.objects.create(name=f"written about {outgoing.body}")
    raise Denied("no_links", "Links are not allowed here.")


def write(outgoing: OutgoingMessage) -> None:
    Group.objects.create(name=f"written about {outgoing.body}")


def explode(outgoing: OutgoingMessage) -> None:
    raise ZeroDivisionError


def hooks(settings: Any, *functions: Any) -> None:
    settings.CONVO_MESSAGE_HOOKS = [f"{__name__}.{function.__name__}" for function in functions]


def upload(user: Any) -> Attachment:
    attachment = Attachment(uploader=user, name="one.txt", content_type="text/plain", size=3)
    attachment.file.save("", ContentFile(b"one"), save=False)
    attachment.save()
    return attachment


def test_accept_leaves_the_message_as_it_is(group: Any, cyd: Any, settings: Any) -> None:
    hooks(settings, look)
    message = actions.send_message(actor=cyd, conversation=group, body="Hello", metadata={"a": 1})
    assert (message.message_body, message.metadata) == ("Hello", {"a": 1})
    (seen,) = SEEN
    assert (seen.actor, seen.conversation, seen.body, seen.metadata) == (cyd, group, "Hello", {"a": 1})
    assert seen.edited is None


def test_rewrite_body_and_metadata_several_in_order(group: Any, cyd: Any, settings: Any) -> None:
    hooks(settings, mask, shout, look, tag, shout)
    with replayed(group):
        message = actions.send_message(actor=cyd, conversation=group, body="damn", metadata={"a": 1})
    stored = get_message_model()._default_manager.get(pk=message.pk)
    assert (stored.message_body, stored.metadata) == ("d***!!", {"a": 1, "language": "en"})
    assert [seen.body for seen in SEEN] == ["d***!"]


@pytest.mark.parametrize(
    ("hook", "code"),
    [(blank, "blank"), (lengthen, "text_too_long"), (overload, "metadata_too_large")],
    ids=["blank", "long", "metadata"],
)
def test_what_a_hook_has_made_is_checked_again(group: Any, cyd: Any, settings: Any, hook: Any, code: str) -> None:
    message = actions.send_message(actor=cyd, conversation=group, body="before")
    hooks(settings, hook)
    with pytest.raises(Invalid, match=code):
        actions.send_message(actor=cyd, conversation=group, body="Hello")
    with pytest.raises(Invalid, match=code):
        actions.edit_message(actor=cyd, message=message, body="after")
    assert bodies_of(group) == ["before"]


def test_names_are_those_of_the_body_that_a_hook_has_made(group: Any, ada: Any, cyd: Any, settings: Any) -> None:
    settings.CONVO_MENTION_FIELD = column = type(ada).USERNAME_FIELD
    type(ada)._default_manager.filter(pk=ada.pk).update(**{column: "d.ada"})
    hooks(settings, rename)
    actions.send_message(actor=cyd, conversation=group, body="@nobody")
    assert row_of(group, ada).mention_count == 1


@pytest.mark.parametrize("hook", [refuse_links, write_and_refuse, explode], ids=lambda hook: hook.__name__)
def test_a_refusal_leaves_nothing(group: Any, ada: Any, cyd: Any, settings: Any, hook: Any) -> None:
    before = actions.send_message(actor=cyd, conversation=group, body="before")
    file = upload(cyd)
    hooks(settings, look, hook)
    with replayed(group), pytest.raises((Denied, ZeroDivisionError)) as error:
        actions.send_message(
            actor=cyd,
            conversation=group,
            body="http://example.com",
            reply_to=before,
            thread_root=before,
            attachments=[file],
            mentions=[ada],
            client_id="one",
        )
    if hook is not explode:
        assert (error.value.code, str(error.value.detail)) == ("no_links", "Links are not allowed here.")
    group.refresh_from_db()
    assert (group.last_seq, group.count_seq, group.event_seq, bodies_of(group)) == (1, 1, 2, ["before"])
    assert Event.objects.filter(conversation=group.pk).count() == 2
    assert not Mention.objects.exists()
    assert not Group.objects.exists()
    assert Attachment.objects.get(pk=file.pk).message_id is None
    assert row_of(group, ada).mention_count == 0
    before.refresh_from_db()
    assert before.reply_count == 0
    hooks(settings)
    assert actions.send_message(actor=cyd, conversation=group, body="else", client_id="one").was_created


def test_what_a_hook_writes_stays_with_the_message(group: Any, cyd: Any, settings: Any) -> None:
    hooks(settings, write)
    actions.send_message(actor=cyd, conversation=group, body="Hello")
    assert Group.objects.get().name == "written about Hello"


def test_a_hook_that_refuses_later_undoes_what_an_earlier_one_wrote(group: Any, cyd: Any, settings: Any) -> None:
    hooks(settings, write, refuse_links)
    with pytest.raises(Denied, match="no_links"):
        actions.send_message(actor=cyd, conversation=group, body="http")
    assert not Group.objects.exists()


def test_an_edit_goes_through_them(group: Any, cyd: Any, settings: Any) -> None:
    message = actions.send_message(actor=cyd, conversation=group, body="Hello", metadata={"a": 1})
    hooks(settings, mask, refuse_links, quote_former, look)
    edited = actions.edit_message(actor=cyd, message=message, body="damn")
    assert edited.message_body == "d*** (was: Hello)"
    (seen,) = SEEN
    assert (seen.edited, seen.metadata) == (message, {"a": 1})
    with pytest.raises(Denied, match="no_links"):
        actions.edit_message(actor=cyd, message=message, body="http")
    assert bodies_of(group) == ["d*** (was: Hello)"]
    assert MessageRevision.objects.count() == 1


def test_what_is_forwarded_goes_through_them(group: Any, ada: Any, cyd: Any, settings: Any) -> None:
    message = actions.send_message(actor=ada, conversation=group, body="damn")
    target = make_group(cyd)
    hooks(settings, mask, look)
    copy = actions.forward_message(actor=cyd, message=message, conversation=target)
    assert copy.message_body == "d***"
    assert [(seen.actor, seen.conversation, seen.metadata) for seen in SEEN] == [(cyd, target, {"forwarded": True})]


def test_what_is_scheduled_goes_through_them_once_when_it_is_due(group: Any, cyd: Any, settings: Any) -> None:
    hooks(settings, look, mask, refuse_links)
    tomorrow = timezone.now() + timedelta(days=1)
    for body in ("damn", "http"):
        actions.schedule_message(actor=cyd, conversation=group, body=body, send_at=tomorrow)
    assert SEEN == []
    ScheduledMessage.objects.update(due_at=timezone.now())
    rows = actions.send_due()
    assert [seen.body for seen in SEEN] == ["damn", "http"]
    assert [(row.status, row.code) for row in rows] == [("sent", ""), ("failed", "no_links")]
    assert bodies_of(group) == ["d***"]


def test_the_host_is_not_asked(group: Any, cyd: Any, settings: Any) -> None:
    message = actions.send_message(actor=cyd, conversation=group, body="http")
    hooks(settings, refuse_links, look)
    actions.send_message(actor=None, conversation=group, body="http://example.com")
    actions.edit_message(actor=None, message=message, body="http://example.org")
    assert bodies_of(group) == ["http://example.org", "http://example.com"]
    assert SEEN == []


def test_a_retry_does_not_run_them(group: Any, cyd: Any, settings: Any) -> None:
    hooks(settings, look, shout)
    first = actions.send_message(actor=cyd, conversation=group, body="Hello", client_id="one")
    hooks(settings, look, refuse_links, explode)
    again = actions.send_message(actor=cyd, conversation=group, body="Hello", client_id="one")
    assert (again.pk, again.message_body, len(SEEN)) == (first.pk, "Hello!", 1)
    with pytest.raises(Conflict):
        actions.send_message(actor=cyd, conversation=group, body="Hello!", client_id="one")


def test_they_are_asked_after_the_policy(group: Any, ada: Any, stranger: Any, settings: Any) -> None:
    hooks(settings, look)
    with pytest.raises(Denied, match="permission_denied"):
        actions.send_message(actor=stranger, conversation=group, body="Hello")
    actions.close(actor=ada, conversation=group)
    with pytest.raises(Denied, match="conversation_closed"):
        actions.send_message(actor=ada, conversation=group, body="Hello")
    assert SEEN == []


def test_first_messages_go_through_them(ada: Any, bob: Any, settings: Any) -> None:
    hooks(settings, refuse_links, shout)
    group, _ = actions.create_conversation(actor=ada, participants=[bob], kind="group", body="Hello")
    assert bodies_of(group) == ["Hello!"]
    with pytest.raises(Denied, match="no_links"):
        actions.create_conversation(actor=ada, participants=[bob], body="http")
    assert not type(group)._default_manager.filter(kind="direct").exists()
