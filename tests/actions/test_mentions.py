from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.exceptions import Denied, Invalid, InvalidReference
from django_convo.models import Mention, Participant, get_conversation_model
from django_convo.selectors.extras import extras_of
from tests.people import make_group, make_user, row_of
from tests.replay import replayed


def send(actor: Any, conversation: Any, *mentions: Any, body: str = "hello") -> Any:
    return actions.send_message(actor=actor, conversation=conversation, body=body, mentions=mentions)


def counts(conversation: Any, *users: Any) -> list[int]:
    return [row_of(conversation, user).mention_count for user in users]


def test_mention_counts_for_whom_it_names(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    with replayed(group):
        message = send(cyd, group, ada, ada.pk, str(ada.pk))
        send(cyd, group, ada, bob)
    assert counts(group, ada, bob, cyd) == [2, 1, 0]
    assert Mention.objects.filter(message=message.pk).count() == 1


def test_reading_counts_down(group: Any, ada: Any, cyd: Any) -> None:
    for _ in range(3):
        send(cyd, group, ada)
    with replayed(group):
        actions.mark_read(actor=ada, conversation=group, seq=2)
        assert counts(group, ada) == [1]
        actions.mark_unread(actor=ada, conversation=group, seq=2)
        assert counts(group, ada) == [2]
        actions.mark_read(actor=ada, conversation=group)
    assert counts(group, ada) == [0]


def test_who_answers_has_read(group: Any, ada: Any, cyd: Any) -> None:
    send(cyd, group, ada)
    send(ada, group)

    assert counts(group, ada) == [0]


def test_naming_oneself_counts_nothing(group: Any, cyd: Any) -> None:
    with replayed(group):
        send(cyd, group, cyd)
    assert counts(group, cyd) == [0]


def test_everyone_is_named_once_by_those_who_may(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    with replayed(group):
        send(ada, group, actions.EVERYONE, bob)
    assert counts(group, ada, bob, cyd) == [0, 1, 1]
    with pytest.raises(Denied, match="permission_denied"):
        send(cyd, group, actions.EVERYONE)


def test_only_participants_are_named(group: Any, ada: Any, stranger: Any) -> None:
    for mention in (stranger, stranger.pk):
        with pytest.raises(InvalidReference) as refused:
            send(ada, group, mention)
        assert refused.value.field == "mentions"
    assert not Mention.objects.exists()


def test_mentions_are_bounded(group: Any, ada: Any, bob: Any, cyd: Any, settings: Any) -> None:
    settings.CONVO_MAX_MENTIONS = 1
    send(ada, group, bob)
    with pytest.raises(Invalid, match="too_many_mentions"):
        send(ada, group, bob, cyd)


@pytest.mark.parametrize("members", [3, 1000])
def test_naming_everyone_takes_the_same_statements_at_any_size(ada: Any, bob: Any, members: int) -> None:
    group = make_group(ada, bob)
    model = get_user_model()
    people = model._default_manager.bulk_create(
        [model(**{model.USERNAME_FIELD: f"m{number}@example.com"}) for number in range(members - 2)]
    )
    Participant.objects.bulk_create([Participant(conversation=group, user=user) for user in people])
    get_conversation_model()._default_manager.filter(pk=group.pk).update(participant_count=members)
    with CaptureQueriesContext(connection) as queries:
        send(ada, group, actions.EVERYONE)

    # PostgreSQL asks for sanctions and the sender's row once it has the lock.
    expected = 10 if connection.vendor == "postgresql" else 8
    assert len([query for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]) == expected
    assert Participant.objects.filter(conversation=group.pk, mention_count=1).count() == members - 1


@pytest.fixture
def by_name(settings: Any, ada: Any, bob: Any, cyd: Any) -> None:
    """Names as logins are: the column is unique in this project."""
    column = get_user_model().USERNAME_FIELD
    settings.CONVO_MENTION_FIELD = column
    for user, name in ((ada, "ada"), (bob, "bob.b"), (cyd, "cyd-")):
        setattr(user, column, name)
        user.save()


@pytest.mark.usefixtures("by_name")
@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("@ada", ["ada"]),
        ("hi @ada, hi @bob.b.", ["ada", "bob.b"]),
        ("(@cyd-)", ["cyd-"]),
        ("@ada@bob.b mail@ada x@ada @@ada", ["ada"]),
        ("@nobody @ad @", []),
        ("@everyone", []),
    ],
    ids=["alone", "sentence", "brackets", "addresses", "unknown", "everyone"],
)
def test_names_in_the_body_name(group: Any, cyd: Any, body: str, named: list[str]) -> None:
    message = send(cyd, group, body=body)

    users = get_user_model()._default_manager.filter(pk__in=Mention.objects.filter(message=message.pk).values("user"))
    assert sorted(user.get_username() for user in users) == named
    assert not Mention.objects.filter(message=message.pk, user=None).exists()


@pytest.mark.usefixtures("by_name")
def test_everyone_in_the_body_names_where_one_may(group: Any, ada: Any, cyd: Any) -> None:
    message = send(ada, group, body="@everyone come")

    assert list(Mention.objects.filter(message=message.pk).values_list("user", flat=True)) == [None]
    assert counts(group, cyd) == [1]


@pytest.mark.usefixtures("by_name")
def test_an_edit_takes_names_out_and_leaves_those_given(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    message = send(cyd, group, bob, body="@ada look")
    with replayed(group):
        actions.edit_message(actor=cyd, message=message, body="look")
    assert counts(group, ada, bob) == [0, 1]
    with replayed(group):
        actions.edit_message(actor=cyd, message=message, body="look @ada")
    assert counts(group, ada, bob) == [1, 1]


def test_who_has_left_stays_named_in_an_edit(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    message = send(cyd, group, bob)
    actions.leave(actor=bob, conversation=group)
    actions.edit_message(actor=cyd, message=message, mentions=[bob, ada], body="both")
    actions.edit_message(actor=cyd, message=message, body="again")

    assert set(Mention.objects.filter(message=message.pk).values_list("user", flat=True)) == {ada.pk, bob.pk}


def test_the_host_names_people_too(group: Any, ada: Any) -> None:
    with replayed(group):
        actions.send_message(actor=None, conversation=group, body="your booking", mentions=[ada])
    assert counts(group, ada) == [1]


def test_a_user_who_goes_is_named_no_more(group: Any, ada: Any, cyd: Any) -> None:
    other = make_user("other")
    actions.add_participant(actor=ada, conversation=group, user=other)
    message = send(cyd, group, other, ada)
    with replayed(group):
        other.delete()
    assert list(Mention.objects.filter(message=message.pk).values_list("user", flat=True)) == [ada.pk]


def test_mentions_keep_their_order(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    for named in ([bob, ada, cyd], [cyd, ada, bob], [ada, cyd, bob]):
        message = send(ada, group, *named)
        rows = Mention.objects.filter(message=message.pk).order_by("pk")
        assert [row.user for row in rows] == extras_of(message).mentions == named
        by_text = send(ada, group, *(str(user.pk) for user in named))
        assert extras_of(by_text).mentions == named


def test_an_edit_names_no_more_than_a_send(group: Any, ada: Any, bob: Any, cyd: Any, settings: Any) -> None:
    settings.CONVO_MAX_MENTIONS = 1
    settings.CONVO_MENTION_FIELD = get_user_model().USERNAME_FIELD
    type(bob)._default_manager.filter(pk=bob.pk).update(**{type(bob).USERNAME_FIELD: "bob"})
    message = send(cyd, group, ada)
    with pytest.raises(Invalid, match="too_many_mentions"):
        actions.edit_message(actor=cyd, message=message, body="@bob")


@pytest.mark.usefixtures("by_name")
def test_names_that_nobody_has_are_text_however_many(group: Any, cyd: Any) -> None:
    message = send(cyd, group, body=" ".join(f"@n{number}" for number in range(600)))

    assert not Mention.objects.filter(message=message.pk).exists()
