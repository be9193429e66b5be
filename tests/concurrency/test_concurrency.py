"""Many processes write to the same conversations at once; afterwards, every counter equals its recount."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from django_convo import actions
from django_convo.models import Attachment, Event, Participant, get_conversation_model, get_message_model
from django_convo.selectors.differences import find_differences
from tests.concurrency.conftest import Crowd
from tests.people import json_key, make_group, make_user, row_of, unread_of
from tests.pictures import upload
from tests.recount import assert_counts, assert_has_owner

# Where only one can write at a time, more of them show nothing more.
SENDS_EACH = 20 if connection.vendor == "sqlite" else 100

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def errors_in(results: list[list[Any]]) -> list[str]:
    return [item["error"] for turns in results for item in turns if isinstance(item, dict) and "error" in item]


def stored(conversation: Any) -> Any:
    return get_conversation_model()._default_manager.get(pk=conversation.pk)


def test_fifty_senders_leave_no_gap_and_no_double(crowd: Crowd) -> None:
    each, many = SENDS_EACH, 50 * SENDS_EACH
    senders = [make_user(f"sender{number}") for number in range(50)]
    group = make_group(*senders)
    results = crowd.run(
        [{"job": "send", "actor": json_key(user), "conversation": str(group.pk), "times": each} for user in senders]
    )
    assert errors_in(results) == []
    assert sorted(item["seq"] for turns in results for item in turns) == list(range(1, many + 1))
    row = stored(group)
    assert (row.last_seq, row.count_seq, row.event_seq) == (many, many, many + 1)
    assert_counts(group.pk)
    for turns in results:
        assert [item["seq"] for item in turns] == sorted(item["seq"] for item in turns)
    # Who sent last has nothing unread, and the others what came after their own last message.
    for number, user in enumerate(senders):
        own = get_message_model()._default_manager.filter(conversation=group.pk, sender=user)
        assert own.count() == each, number
        assert unread_of(group, user) == many - own.latest("seq").seq


def test_one_client_id_from_twenty_at_once_makes_one_message(crowd: Crowd) -> None:
    ada, bob = make_user("ada"), make_user("bob")
    group = make_group(ada, bob)
    task = {"job": "send", "actor": json_key(ada), "conversation": str(group.pk), "body": "once", "client_id": "1"}
    results = crowd.run([dict(task) for _ in range(20)])
    assert errors_in(results) == []
    assert len({turns[0]["id"] for turns in results}) == 1
    assert sum(turns[0]["is_new"] for turns in results) == 1
    assert unread_of(group, bob) == 1
    assert_counts(group.pk)


def test_one_client_id_posted_twenty_times_at_once_makes_one_message(crowd: Crowd) -> None:
    ada = make_user("ada")
    group = make_group(ada, make_user("bob"))
    task = {
        "job": "post",
        "actor": json_key(ada),
        "conversation": str(group.pk),
        "message_body": "once",
        "client_id": "1",
    }

    answers = [turns[0] for turns in crowd.run([dict(task) for _ in range(20)])]

    assert sorted(answer["status"] for answer in answers) == [200] * 19 + [201]
    assert len({answer["content"] for answer in answers}) == 1
    assert get_message_model()._default_manager.filter(conversation=group.pk).count() == 1


def test_twenty_creations_of_a_direct_make_one(crowd: Crowd) -> None:
    ada, bob = json_key(make_user("ada")), json_key(make_user("bob"))
    tasks = [
        {"job": "create_direct", "actor": one, "other": other}
        for one, other in ((ada, bob), (bob, ada))
        for _ in range(10)
    ]
    results = crowd.run(tasks)
    assert errors_in(results) == []
    assert len({turns[0]["id"] for turns in results}) == 1
    assert sum(turns[0]["is_new"] for turns in results) == 1
    direct = get_conversation_model()._default_manager.get()
    assert (direct.last_seq, direct.participant_count) == (20, 2)
    assert_counts(direct.pk)


@pytest.mark.parametrize("members", [0, 1])
def test_two_owners_who_leave_at_once_leave_an_owner_or_close(crowd: Crowd, members: int) -> None:
    ada, bob, cyd = (make_user(name) for name in ("ada", "bob", "cyd"))
    groups = [make_group(ada, bob, *[cyd][:members], roles={bob.pk: "owner"}) for _ in range(10)]
    tasks = [
        {"job": "leave", "actor": json_key(user), "conversation": str(group.pk)}
        for group in groups
        for user in (ada, bob)
    ]
    assert errors_in(crowd.run(tasks)) == []
    for group in groups:
        assert stored(group).is_closed == (members == 0)
        assert [row.user_id for row in Participant.objects.filter(conversation=group.pk)] == [cyd.pk][:members]
        assert_has_owner(group.pk)
        assert_counts(group.pk)


def test_adding_one_user_from_twenty_at_once_adds_them_once(crowd: Crowd) -> None:
    owners = [make_user(f"owner{number}") for number in range(20)]
    group = make_group(*owners, roles={user.pk: "owner" for user in owners[1:]})
    newcomer = make_user("newcomer")
    results = crowd.run(
        [
            {"job": "add", "actor": json_key(user), "conversation": str(group.pk), "user": json_key(newcomer)}
            for user in owners
        ]
    )
    assert errors_in(results) == []
    assert {turns[0] for turns in results} == {21}
    assert Event.objects.filter(conversation=group.pk, type="participant.added").count() == 1
    assert_counts(group.pk)


def test_reading_while_others_send_keeps_every_count(crowd: Crowd) -> None:
    people = [make_user(f"user{number}") for number in range(10)]
    group = make_group(*people)
    senders = [
        {"job": "send", "actor": json_key(user), "conversation": str(group.pk), "times": 40} for user in people[:7]
    ]
    # Readers who never send, and one who does both, from several places at once.
    readers = [
        {"job": "wander", "actor": json_key(user), "conversation": str(group.pk), "times": 40}
        for user in [*people[6:], *people[6:]]
    ]
    assert errors_in(crowd.run(senders + readers)) == []
    assert stored(group).last_seq == 280
    assert_counts(group.pk)


def test_reading_while_others_edit_delete_and_restore_keeps_every_count(crowd: Crowd) -> None:
    people = [make_user(f"user{number}") for number in range(8)]
    group = make_group(*people)
    readers = [
        {"job": job, "actor": json_key(user), "conversation": str(group.pk), "times": 40}
        for user in people[:4]
        for job in ("wander", "catch_up", "catch_up")
    ]
    writers = [
        {
            "job": "revise",
            "actor": json_key(user),
            "conversation": str(group.pk),
            "named": [json_key(reader) for reader in people[:4]],
            "times": 15,
        }
        for user in people[4:]
    ]
    assert errors_in(crowd.run(readers + writers)) == []
    assert stored(group).last_seq == 60
    assert_counts(group.pk)
    for user in people[:4]:
        actions.mark_read(actor=user, conversation=group)
        assert (unread_of(group, user), row_of(group, user).mention_count) == (0, 0)


def test_pruning_and_erasing_while_others_send_and_read_keeps_every_count(crowd: Crowd) -> None:
    senders, readers = [make_user("sender") for _ in range(3)], [make_user("reader") for _ in range(3)]
    group = make_group(*senders, *readers)
    key = str(group.pk)
    tasks = [{"job": "send", "actor": json_key(user), "conversation": key, "times": 20} for user in senders]
    tasks += [{"job": "wander", "actor": json_key(user), "conversation": key, "times": 20} for user in readers]
    tasks += [{"job": "prune", "conversation": key, "times": 20} for _ in range(2)]
    tasks += [{"job": "erase", "user": json_key(senders[0]), "times": 5}]
    results = crowd.run(tasks)
    assert errors_in(results) == []
    oldest = get_message_model()._default_manager.filter(conversation=group.pk).earliest("seq").seq
    assert oldest > 1
    assert stored(group).last_seq == 60
    assert find_differences([group.pk]) == []
    assert_counts(group.pk, oldest=oldest)


def test_coming_and_going_in_a_channel_keeps_members_and_owner(crowd: Crowd) -> None:
    people = [make_user(f"user{number}") for number in range(8)]
    channel = make_group(people[0], kind="channel")
    tasks = [
        {"job": job, "actor": json_key(user), "conversation": str(channel.pk), "times": 15}
        for user in people
        for job in ("join", "leave", "send")
    ]
    allowed = ("Denied: permission_denied", "Denied: conversation_closed")
    assert [text for text in errors_in(crowd.run(tasks)) if not text.startswith(allowed)] == []
    assert_has_owner(channel.pk)
    assert_counts(channel.pk)


def test_deleting_users_while_they_send_keeps_every_count(crowd: Crowd) -> None:
    people = [make_user(f"user{number}") for number in range(10)]
    groups = [make_group(*people[number:], *people[:number]) for number in range(3)]
    sends = [
        {"job": "send", "actor": json_key(user), "conversation": str(group.pk), "times": 20}
        for group in groups
        for user in people
    ]
    going = people[:4]
    results = crowd.run(sends + [{"job": "delete_row", "user": json_key(user)} for user in going])
    # Who is gone while sending is refused, by whichever rule comes first; nobody else notices.
    refused = ("Denied: permission_denied", "DoesNotExist", "IntegrityError")
    assert [text for text in errors_in(results) if not text.startswith(refused)] == []
    assert sum(turns == ["deleted"] for turns in results) == 4
    for group in groups:
        assert stored(group).participant_count == 6
        assert_has_owner(group.pk)
        assert_counts(group.pk)
        staying = get_message_model()._default_manager.filter(conversation=group.pk, sender__in=people[4:])
        assert staying.count() == 6 * 20


def test_deleting_users_while_they_are_added_keeps_every_count(crowd: Crowd) -> None:
    ada = make_user("ada")
    groups = [make_group(ada) for _ in range(4)]
    for _ in range(6):
        going = [make_user(f"going{number}") for number in range(6)]
        for user in going[:3]:
            actions.add_participant(actor=None, conversation=groups[0], user=user)
        results = crowd.run(
            [{"job": "delete_user", "user": json_key(user)} for user in going]
            + [
                {"job": "add", "actor": None, "conversation": str(group.pk), "user": json_key(user)}
                for user in going
                for group in groups
            ]
        )
        assert sum(turns == ["deleted"] for turns in results) == 6, errors_in(results)
        allowed = ("DoesNotExist", "IntegrityError", "InvalidReference")
        assert [text for text in errors_in(results) if not text.startswith(allowed)] == []
        for group in groups:
            assert [row.user_id for row in Participant.objects.filter(conversation=group.pk)] == [ada.pk]
            assert_counts(group.pk)
    assert row_of(groups[0], ada).role == "owner"


def test_one_upload_sent_by_twenty_at_once_is_with_one_message(crowd: Crowd) -> None:
    ada = make_user("ada")
    groups = [make_group(ada, make_user("bob")) for _ in range(4)]
    attachment = upload(ada)

    results = crowd.run(
        [
            {
                "job": "attach",
                "actor": json_key(ada),
                "conversation": str(groups[number % 4].pk),
                "attachment": str(attachment.pk),
            }
            for number in range(20)
        ]
    )

    sent = [turns[0] for turns in results if isinstance(turns[0], str)]
    assert len(sent) == 1
    assert {error.partition(":")[0] for error in errors_in(results)} == {"InvalidReference"}
    assert str(Attachment.objects.get(pk=attachment.pk).message_id) == sent[0]
    assert get_message_model()._default_manager.count() == 1
    for group in groups:
        assert_counts(group.pk)


def test_uploads_of_one_user_at_once_count_each_other(crowd: Crowd) -> None:
    ada = make_user("ada")
    for _ in range(40):
        upload(ada)

    results = crowd.run([{"job": "upload", "actor": json_key(ada)} for _ in range(20)])

    assert {error.partition(":")[2] for error in errors_in(results)} == {
        " too_many_unsent: Send or wait: too many of your files have not been sent."
    }
    assert Attachment.objects.filter(uploader=ada, message=None).count() == 50
