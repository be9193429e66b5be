"""Each act of power writes one entry, in its transaction; ordinary acts write none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction

from django_convo import actions
from django_convo.actions.audit import MOST_NAMED
from django_convo.models import AuditEntry
from django_convo.policy import capabilities
from django_convo.policy.roles import site_role
from tests.people import make_group, make_user

Act = Callable[[Any, Any, Any], Any]
# What somebody does in a group, to a member; and the entry where it takes power.
ACTS: dict[str, tuple[Act, dict[str, Any]]] = {
    "conversation.closed": (lambda actor, group, user: actions.close(actor=actor, conversation=group), {}),
    "conversation.reopened": (lambda actor, group, user: actions.reopen(actor=actor, conversation=group), {}),
    "conversation.deleted": (
        lambda actor, group, user: actions.delete_conversation(actor=actor, conversation=group),
        {},
    ),
    "participant.added": (
        lambda actor, group, user: actions.add_participant(
            actor=actor, conversation=group, user=make_user("new"), role="observer"
        ),
        {"role": "observer"},
    ),
    "participant.removed": (
        lambda actor, group, user: actions.remove_participant(actor=actor, conversation=group, user=user),
        {},
    ),
    "participant.updated": (
        lambda actor, group, user: actions.change_role(actor=actor, conversation=group, user=user, role="observer"),
        {"role": "observer"},
    ),
}


@pytest.fixture
def start(group: Any) -> Callable[[str], Any]:
    """Return what brings the group to where an act changes something."""

    def run(name: str) -> Any:
        return actions.close(actor=None, conversation=group) if name == "conversation.reopened" else group

    return run


@pytest.fixture(autouse=True)
def _roles_exist(site_admin: Any) -> None:
    if site_role(site_admin) != "admin":
        pytest.skip("This host's users have no roles.")


@pytest.mark.parametrize("name", ACTS)
def test_power_over_others_writes_one_entry(start: Any, group: Any, cyd: Any, site_admin: Any, name: str) -> None:
    act, facts = ACTS[name]
    group = start(name)
    for _ in range(1 if name in ("conversation.deleted", "participant.added") else 2):
        act(site_admin, group, cyd)

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.conversation_id) == (name, site_admin, group.pk)
    assert entry.message_id is None
    shown = dict(entry.detail)
    touched = shown.pop("user", None)
    assert (touched is not None) == name.startswith("participant.")
    assert shown == facts
    if name in ("participant.removed", "participant.updated"):
        assert entry.user == cyd


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("who", ["owner", "host"])
def test_ordinary_acts_write_none(start: Any, ada: Any, cyd: Any, name: str, who: str) -> None:
    ACTS[name][0](ada if who == "owner" else None, start(name), cyd)

    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("name", ACTS)
def test_who_has_the_role_needs_no_power(start: Any, group: Any, cyd: Any, site_admin: Any, name: str) -> None:
    actions.add_participant(actor=None, conversation=group, user=site_admin, role="owner")
    ACTS[name][0](site_admin, start(name), cyd)

    assert not AuditEntry.objects.exists()


def test_what_is_above_ones_role_takes_power(group: Any, ada: Any, bob: Any, cyd: Any, site_admin: Any) -> None:
    actions.add_participant(actor=None, conversation=group, user=site_admin, role="moderator")
    newcomer = make_user("newcomer")

    actions.change_role(actor=site_admin, conversation=group, user=cyd, role="moderator")
    assert not AuditEntry.objects.exists()
    actions.change_role(actor=site_admin, conversation=group, user=cyd, role="owner")
    actions.remove_participant(actor=site_admin, conversation=group, user=bob)
    actions.add_participant(actor=site_admin, conversation=group, user=newcomer, role="owner")
    actions.delete_conversation(actor=site_admin, conversation=group)

    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == [
        "participant.updated",
        "participant.removed",
        "participant.added",
        "conversation.deleted",
    ]


def test_leaving_by_oneself_is_no_power(group: Any, site_admin: Any) -> None:
    actions.add_participant(actor=None, conversation=group, user=site_admin)
    actions.remove_participant(actor=site_admin, conversation=group, user=site_admin)

    assert not AuditEntry.objects.exists()


def test_an_entry_goes_with_its_transaction(group: Any, site_admin: Any) -> None:
    with transaction.atomic():
        actions.close(actor=site_admin, conversation=group)
        transaction.set_rollback(True)

    assert not AuditEntry.objects.exists()


def test_others_accounts_are_changed_by_power(cyd: Any, site_admin: Any) -> None:
    if not hasattr(cyd, "first_name"):
        pytest.skip("This host's users have no such column.")
    actions.update_user(actor=cyd, user=cyd, fields={"first_name": "Cydney"})
    actions.update_user(actor=None, user=cyd, fields={"first_name": "Sid"})
    actions.update_user(actor=site_admin, user=cyd, fields={"first_name": "Sid"})
    assert not AuditEntry.objects.exists()

    actions.update_user(actor=site_admin, user=cyd, fields={"first_name": "Cyd", "last_name": "Charisse"})

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.user) == ("user.updated", site_admin, cyd)
    assert entry.detail["fields"] == ["first_name", "last_name"]
    assert "Charisse" not in str(entry.detail)


def test_an_account_that_is_deleted_leaves_its_key(ada: Any, cyd: Any, site_admin: Any) -> None:
    key = cyd.pk if isinstance(cyd.pk, int) else str(cyd.pk)
    actions.delete_user(actor=ada, user=ada)
    assert not AuditEntry.objects.exists()

    actions.delete_user(actor=site_admin, user=cyd)

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.user, entry.detail) == ("user.deleted", site_admin, None, {"user": key})
    assert not get_user_model()._default_manager.filter(pk=cyd.pk).exists()


# --- Reading --------------------------------------------------------------------------------------------------------


@pytest.fixture
def auditor(settings: Any, site_admin: Any) -> Any:
    settings.CONVO_ROLES = {"admin": [capabilities.VIEW_ANY]}
    return site_admin


def say(conversation: Any, times: int = 1) -> list[Any]:
    return [actions.send_message(actor=None, conversation=conversation, body="secret") for _ in range(times)]


def test_a_view_names_the_message(group: Any, auditor: Any) -> None:
    (message,) = say(group)
    actions.record_view(actor=auditor, messages=[message])

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.user) == ("message.viewed", auditor, None)
    assert (entry.conversation_id, entry.message_id, entry.detail) == (group.pk, message.pk, {})


def test_a_view_names_the_conversation(group: Any, auditor: Any) -> None:
    actions.record_view(actor=auditor, messages=say(group, 3))
    actions.record_view(actor=auditor, conversations=[group])

    for entry in AuditEntry.objects.all():
        assert (entry.action, entry.conversation_id, entry.message_id) == ("conversation.viewed", group.pk, None)
        assert entry.detail == {}
    assert AuditEntry.objects.count() == 2


def test_a_view_of_many_names_the_first(ada: Any, auditor: Any) -> None:
    groups = [make_group(ada) for _ in range(MOST_NAMED + 1)]
    entry = actions.record_view(actor=auditor, conversations=groups)

    assert entry is not None
    assert (entry.action, entry.conversation_id) == ("conversation.viewed", None)
    assert entry.detail == {"conversations": [str(group.pk) for group in groups[:MOST_NAMED]], "count": MOST_NAMED + 1}


def test_a_view_as_a_participant_is_none(group: Any, ada: Any, auditor: Any, django_assert_num_queries: Any) -> None:
    actions.add_participant(actor=None, conversation=group, user=auditor)
    with django_assert_num_queries(3):
        # A savepoint around one query.
        assert actions.record_view(actor=auditor, conversations=[group]) is None
    with django_assert_num_queries(0):
        assert actions.record_view(actor=ada, conversations=[group]) is None
    assert actions.record_view(actor=auditor) is None
    assert not AuditEntry.objects.exists()


def test_a_view_of_what_was_said_before_one_came_takes_power(group: Any, auditor: Any, settings: Any) -> None:
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    (before,) = say(group)
    actions.add_participant(actor=None, conversation=group, user=auditor)
    (after,) = say(group)

    assert actions.record_view(actor=auditor, messages=[after]) is None
    entry = actions.record_view(actor=auditor, messages=[before, after])
    assert entry is not None
    assert entry.message_id == before.pk
