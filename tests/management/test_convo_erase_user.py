"""`convo_erase_user` finds one user, erases them in batches, and says what it does."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db.models import ProtectedError

from django_convo import actions
from django_convo.management.commands import convo_erase_user
from django_convo.management.progress import Progress
from django_convo.models import AuditEntry, Participant
from django_convo.selectors.differences import find_differences
from tests.people import bodies_of, make_group, make_user

pytestmark = pytest.mark.django_db


def erase(*arguments: str) -> str:
    output = io.StringIO()
    call_command("convo_erase_user", *arguments, stdout=output)
    return output.getvalue()


def key_of(user: Any) -> str:
    return str(user.pk)


def login_of(user: Any) -> str:
    return str(getattr(user, user.USERNAME_FIELD))


def talk(user: Any, number: int = 3) -> Any:
    conversation = make_group(make_user(), user, make_user())
    for _ in range(number):
        actions.send_message(actor=user, conversation=conversation, body="secret")
    actions.send_message(actor=conversation.created_by, conversation=conversation, body="kept")
    return conversation


@pytest.mark.parametrize("name", [key_of, login_of])
@pytest.mark.parametrize("batch_size", ["1", "2", "50"])
def test_erase_by_key_or_login(name: Any, batch_size: str) -> None:
    user = make_user("ada")
    conversation = talk(user)

    output = erase(name(user), "--batch-size", batch_size)

    assert output == "Erased 3 messages. The account was deleted.\n"
    assert bodies_of(conversation) == ["", "", "", "kept"]
    assert find_differences([conversation.pk]) == []
    with pytest.raises(CommandError, match="There is no user"):
        erase(name(user))


def test_erase_with_the_account_kept() -> None:
    user = make_user("ada")
    conversation = talk(user)

    assert erase(key_of(user), "--keep-account") == "Erased 3 messages. The account was kept.\n"
    assert erase(key_of(user), "--keep-account") == "Erased nothing. The account was kept.\n"

    assert bodies_of(conversation) == ["", "", "", "kept"]
    assert Participant.objects.filter(conversation=conversation.pk, user=user).exists()
    assert AuditEntry.objects.filter(action="user.erased", user=user, actor=None).count() == 2


def test_dry_run_says_what_would_go_and_erases_nothing() -> None:
    user = make_user("ada")
    conversation = talk(user)

    output = erase(key_of(user), "--dry-run")

    assert output == (
        "Would erase 3 messages, 0 reactions, 0 drafts, 0 scheduled messages, 0 saved messages, 0 unsent files, "
        "0 copies in reports, 0 copies in open reports, 0 comments in reports, 1 memberships.\n"
    )
    assert bodies_of(conversation) == ["secret", "secret", "secret", "kept"]
    assert "memberships" not in erase(key_of(user), "--dry-run", "--keep-account")


@pytest.mark.parametrize(
    "name", ["nobody", "0", "-1", "9" * 30, "", "\x00", "\ud800", "744e43d4-7a0c-4d18-b674-a632d63dcaaf"]
)
def test_erase_of_nobody_is_refused(name: str) -> None:
    make_user()

    with pytest.raises(CommandError, match="There is no user"):
        erase("--", name)


def test_erase_refuses_a_name_that_two_answer_to() -> None:
    ada, bob = make_user("ada"), make_user("bob")
    get_user_model()._default_manager.filter(pk=bob.pk).update(**{bob.USERNAME_FIELD: key_of(ada)})

    with pytest.raises(CommandError, match="Say which in Python"):
        erase(key_of(ada))

    assert get_user_model()._default_manager.count() == 2


def test_erase_says_what_keeps_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user("ada")
    conversation = talk(user)

    def refuse(self: Any, *args: Any, **kwargs: Any) -> None:
        raise ProtectedError("An invoice needs it.", set())

    monkeypatch.setattr(type(user), "delete", refuse)
    with pytest.raises(CommandError, match=r"An invoice needs it.*--keep-account"):
        erase(key_of(user))

    assert bodies_of(conversation) == ["", "", "", "kept"]


@pytest.mark.parametrize("batch_size", ["0", "-1"])
def test_erase_refuses_a_batch_of_nothing(batch_size: str) -> None:
    with pytest.raises(CommandError, match="1 or more"):
        erase(key_of(make_user()), f"--batch-size={batch_size}")


def test_erase_says_how_far_it_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user("ada")
    talk(user, 25)
    monkeypatch.setattr(convo_erase_user, "Progress", lambda stream, every: Progress(stream, every=every // 100))

    output = erase(key_of(user), "--batch-size", "5").splitlines()

    assert output == ["… 10 messages", "… 20 messages", "Erased 25 messages. The account was deleted."]
