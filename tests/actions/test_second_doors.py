"""Ways in that look harmless: adding oneself, a hidden direct, an heir who is gone."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model

from django_convo import actions
from django_convo.exceptions import Denied, InvalidReference
from django_convo.policy import Policy, get_policy
from tests.people import log_of, make_direct, make_group, make_user, row_of

pytestmark = pytest.mark.django_db


def test_moderator_of_all_cannot_add_themselves() -> None:
    admin, group = make_user("admin", is_admin=True), make_group(make_user("owner"), body="secret")
    before = log_of(group)

    with pytest.raises(Denied) as refusal:
        actions.add_participant(actor=admin, conversation=group, user=admin)

    assert refusal.value.code == "not_open_to_join"
    assert log_of(group) == before
    assert not get_policy().visible_messages(admin).exists()


def test_moderator_of_all_can_add_others() -> None:
    admin, person, group = make_user("admin", is_admin=True), make_user("person"), make_group(make_user("owner"))

    assert actions.add_participant(actor=admin, conversation=group, user=person).participant_count == 2


def test_owner_who_adds_themselves_changes_nothing() -> None:
    owner = make_user("owner")
    group = make_group(owner)
    before = log_of(group)

    actions.add_participant(actor=owner, conversation=group, user=owner)

    assert log_of(group) == before


class HidingPolicy(Policy):
    """Shows no direct to anybody."""

    def visible_conversations(self, actor: Any) -> Any:
        return super().visible_conversations(actor).exclude(kind="direct")


def test_direct_that_the_policy_hides_is_not_found_by_creating_it_again(settings: Any) -> None:
    person, other = make_user("person"), make_user("other")
    direct = make_direct(person, other)
    settings.CONVO_POLICY = f"{__name__}.HidingPolicy"

    with pytest.raises(InvalidReference):
        actions.create_conversation(actor=person, participants=[other], body="knock")

    assert type(direct).objects.get(pk=direct.pk).last_seq == 0


@pytest.mark.skipif(
    "is_active" not in {field.name for field in get_user_model()._meta.get_fields()},
    reason="this user model cannot be deactivated",
)
def test_ownership_goes_to_somebody_who_can_log_in() -> None:
    owner, gone, person = make_user("owner"), make_user("gone"), make_user("person")
    group = make_group(owner, gone, person)
    actions.change_role(actor=owner, conversation=group, user=gone, role="moderator")
    gone.is_active = False
    gone.save()

    actions.leave(actor=owner, conversation=group)

    assert row_of(group, person).role == "owner"
    assert row_of(group, gone).role == "moderator"
