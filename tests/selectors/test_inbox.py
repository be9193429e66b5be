from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db.models import BooleanField, Value
from django.utils import timezone

from django_convo import actions
from django_convo.models import Participant, get_conversation_model
from django_convo.policy import Policy
from django_convo.selectors import InboxFilters, decorate, inbox, open_channels, visible
from tests.people import make_direct, make_group, make_user, row_of


class OnlyGroups(Policy):
    """A host that hides directs, annotates what it shows, and answers capabilities from that."""

    def visible_conversations(self, actor: Any) -> Any:
        shown = super().visible_conversations(actor).filter(kind="group")
        return shown.annotate(may_send=Value(True, output_field=BooleanField()))

    def capabilities(self, actor: Any, conversations: Any) -> Any:
        return {
            row.pk: frozenset({"message.send"}) if row.__dict__["may_send"] else frozenset() for row in conversations
        }


def titles(actor: Any, **filters: Any) -> list[str]:
    return [row.title for row in inbox(actor, filters=InboxFilters(**filters))]


def keys(rows: Any) -> list[Any]:
    return [row.pk for row in rows]


def test_inbox_puts_pinned_first_then_latest_activity(ada: Any, bob: Any) -> None:
    first, second, third = (make_group(ada, bob, title=name) for name in ("first", "second", "third"))
    actions.send_message(actor=bob, conversation=second, body="news")
    actions.update_membership(actor=ada, conversation=first, pinned=True)

    assert titles(ada) == ["first", "second", "third"]
    assert titles(bob) == ["second", "third", "first"]
    assert third.last_message_at < row_of(third, ada).updated_at + timedelta(days=1)


def test_inbox_holds_neither_what_others_have_nor_what_one_has_left(ada: Any, bob: Any, stranger: Any) -> None:
    conversation = make_group(ada, bob, title="left")
    make_group(stranger, ada, title="kept")
    actions.leave(actor=ada, conversation=conversation)

    assert titles(ada) == ["kept"]


def test_inbox_of_a_site_moderator_holds_their_own_only(moderator: Any, ada: Any, bob: Any) -> None:
    make_group(ada, bob, title="theirs")
    make_group(ada, moderator, title="mine")

    assert titles(moderator) == ["mine"]
    assert visible(moderator).count() == 2


def test_archived_comes_back_with_the_next_message_unless_muted(ada: Any, bob: Any) -> None:
    heard, muted = make_group(ada, bob, title="heard"), make_group(ada, bob, title="muted")
    actions.update_membership(actor=ada, conversation=heard, archived=True)
    actions.update_membership(
        actor=ada, conversation=muted, archived=True, muted_until=timezone.now() + timedelta(hours=1)
    )
    assert titles(ada) == []
    assert set(titles(ada, archived=True)) == {"heard", "muted"}

    for conversation in (heard, muted):
        actions.send_message(actor=bob, conversation=conversation, body="news")

    assert titles(ada) == ["heard"]
    assert titles(ada, archived=True) == ["muted"]


def test_archived_and_no_longer_muted_is_back(ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob, title="once muted")
    actions.update_membership(
        actor=ada, conversation=conversation, archived=True, muted_until=timezone.now() - timedelta(seconds=1)
    )
    actions.send_message(actor=bob, conversation=conversation, body="news")

    assert titles(ada) == ["once muted"]
    assert titles(ada, archived=True) == []


def test_archived_in_sql_agrees_with_the_model(ada: Any, bob: Any) -> None:
    now = timezone.now()
    moments = [None, now - timedelta(hours=2), now + timedelta(hours=2)]
    for archived_at in moments:
        for muted_until in moments:
            conversation = make_group(ada, bob)
            Participant.objects.filter(conversation=conversation.pk, user=ada).update(
                archived_at=archived_at, muted_until=muted_until
            )

    archived = set(keys(inbox(ada, filters=InboxFilters(archived=True))))
    shown = set(keys(inbox(ada)))

    rows = Participant.objects.filter(user=ada).select_related("conversation")
    expected = {row.conversation_id for row in rows if row.is_archived(row.conversation.last_message_at)}
    assert archived == expected
    assert shown == {row.conversation_id for row in rows} - expected
    assert archived
    assert shown


def test_filters_keep_what_they_say(ada: Any, bob: Any, cyd: Any) -> None:
    make_group(ada, bob, title="with bob")
    make_group(ada, cyd, title="with cyd")
    unread = make_group(ada, bob, cyd, title="unread")
    direct = make_direct(ada, bob)
    actions.send_message(actor=bob, conversation=unread, body="news")
    actions.update_membership(actor=ada, conversation=direct, pinned=True)

    assert titles(ada, kind="direct") == [""]
    assert set(titles(ada, kind="group")) == {"with bob", "with cyd", "unread"}
    assert titles(ada, unread=True) == ["unread"]
    assert "unread" not in titles(ada, unread=False)
    assert len(titles(ada, unread=False)) == 3
    assert titles(ada, pinned=True) == [""]
    assert len(titles(ada, pinned=False)) == 3
    assert set(titles(ada, participant=cyd.pk)) == {"with cyd", "unread"}
    assert titles(ada, participant=cyd.pk, unread=True) == ["unread"]


def test_filter_by_subject_is_by_type_and_key(ada: Any, bob: Any, cyd: Any) -> None:
    about_bob = actions.create_conversation(actor=None, participants=[ada, cyd], kind="group", subject=bob)[0]
    actions.create_conversation(actor=None, participants=[ada, cyd], kind="group", subject=cyd)
    make_group(ada, bob)
    kind = ContentType.objects.get_for_model(type(bob))

    found = inbox(ada, filters=InboxFilters(subject_type=kind, subject_id=str(bob.pk)))

    assert keys(found) == [about_bob.pk]
    assert len(inbox(ada, filters=InboxFilters(subject_type=kind))) == 2


def test_open_channels_are_those_one_is_not_in(ada: Any, bob: Any) -> None:
    channel, joined, closed = (make_group(ada, kind="channel", title=title) for title in ("open", "joined", "closed"))
    make_group(ada, title="a group is no channel")
    actions.join(actor=bob, conversation=joined)
    actions.close(actor=ada, conversation=closed)

    assert keys(open_channels(bob)) == [channel.pk]
    assert keys(open_channels(ada)) == []


def test_rows_know_the_membership_they_were_read_with(
    ada: Any, bob: Any, channel: Any, django_assert_num_queries: Any
) -> None:
    conversation = make_group(ada, bob)
    with django_assert_num_queries(1):
        rows = {row.pk: row for row in visible(bob)}
    with django_assert_num_queries(2):
        decorate(bob, list(rows.values()))
    with django_assert_num_queries(0):
        membership = rows[conversation.pk].membership_of(bob)
        assert membership is not None
        assert membership.user_id == bob.pk
        assert rows[channel.pk].membership_of(bob) is None


def test_decorate_shows_the_first_ten_participants_in_order(ada: Any, django_assert_num_queries: Any) -> None:
    large = make_group(ada, *(make_user(f"member{number}") for number in range(14)))
    small = make_group(ada, *(make_user(f"other{number}") for number in range(3)))
    rows = list(inbox(ada))

    with django_assert_num_queries(1):
        decorate(ada, rows)

    shown: dict[Any, Any] = {row.pk: row.__dict__["first_participants"] for row in rows}
    order = list(Participant.objects.filter(conversation=large.pk).order_by("pk").values_list("user", flat=True))
    assert [participant.user_id for participant in shown[large.pk]] == order[:10]
    assert len(shown[small.pk]) == 4
    with django_assert_num_queries(0):
        assert all(participant.user is not None for participant in shown[large.pk])


def test_decorate_shows_strangers_no_members(channel: Any, bob: Any, moderator: Any) -> None:
    actions.send_message(actor=channel.created_by, conversation=channel, body="for members")
    for viewer, members in ((bob, 0), (moderator, 1)):
        row: Any = visible(viewer).get(pk=channel.pk)
        decorate(viewer, [row])

        assert len(row.first_participants) == members
        assert row.last_message is None


def test_decorate_shows_the_last_message_as_far_as_one_may_read(ada: Any, bob: Any, cyd: Any, settings: Any) -> None:
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    conversation = make_group(ada, bob)
    message = actions.send_message(actor=ada, conversation=conversation, body="before cyd")
    actions.add_participant(actor=ada, conversation=conversation, user=cyd)

    def last_of(viewer: Any) -> Any:
        row: Any = inbox(viewer).get()
        decorate(viewer, [row])
        return row.last_message

    assert last_of(bob) == message
    assert last_of(cyd) is None
    later = actions.send_message(actor=ada, conversation=conversation, body="after")
    assert last_of(cyd) == later


def test_decorate_lists_capabilities(ada: Any, bob: Any) -> None:
    make_group(ada, bob)
    for viewer, expected in ((ada, True), (bob, False)):
        row: Any = inbox(viewer).get()
        decorate(viewer, [row])
        assert ("participant.add" in row.viewer_capabilities) is expected
        assert "message.send" in row.viewer_capabilities


@pytest.mark.parametrize("size", [2, 12])
def test_whole_inbox_is_three_queries_at_any_size(
    ada: Any, bob: Any, size: int, django_assert_num_queries: Any
) -> None:
    for number in range(size):
        conversation = make_group(ada, bob, title=str(number))
        question = actions.send_message(actor=bob, conversation=conversation, body="?")
        actions.send_message(actor=ada, conversation=conversation, body="!", reply_to=question)

    with django_assert_num_queries(3):
        rows: Any = list(inbox(ada)[:50])
        decorate(ada, rows)
        for row in rows:
            assert row.created_by == ada
            assert row.last_message.sender == ada
            assert row.last_message.reply_to.sender == bob
            assert row.viewer_capabilities
            assert [participant.user for participant in row.first_participants] == [ada, bob]
    assert len(rows) == size


def test_a_hosts_policy_narrows_annotates_and_costs_no_more(
    ada: Any, bob: Any, settings: Any, django_assert_num_queries: Any
) -> None:
    group = make_group(ada, bob)
    make_direct(ada, bob)
    settings.CONVO_POLICY = "tests.selectors.test_inbox.OnlyGroups"
    actions.send_message(actor=None, conversation=group, body="for the last message")

    with django_assert_num_queries(3):
        rows: Any = list(inbox(ada))
        decorate(ada, rows)

    assert keys(rows) == [group.pk]
    assert rows[0].viewer_capabilities == {"message.send"}


def test_deleted_conversations_are_nowhere(ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)
    actions.delete_conversation(actor=ada, conversation=conversation)

    assert keys(inbox(ada)) == []
    assert keys(visible(ada)) == []
    assert get_conversation_model()._default_manager.filter(pk=conversation.pk).exists()
