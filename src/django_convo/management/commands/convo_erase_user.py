"""`manage.py convo_erase_user`: blank what a user wrote, and delete the account."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from django_convo.actions.erasure import ERASED_AT_ONCE, erase_written, finish_erasure
from django_convo.exceptions import Conflict
from django_convo.management.progress import Progress
from django_convo.models.fields import is_storable_text
from django_convo.selectors.written import count_written


class Command(BaseCommand):
    """Erases one user, a bounded number of rows per transaction; begun again, it goes on."""

    help = "Blank everything that a user wrote, then delete the account unless it is to be kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the primary key of the user, or the login")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be erased")
        parser.add_argument("--keep-account", action="store_true", help="blank what was written, and stop there")
        parser.add_argument(
            "--batch-size", type=int, default=ERASED_AT_ONCE, metavar="ROWS", help="rows per transaction (20)"
        )

    def handle(
        self, *args: Any, user: str, dry_run: bool, keep_account: bool, batch_size: int, **options: Any
    ) -> None:
        if batch_size < 1:
            raise CommandError("--batch-size takes a number of rows, 1 or more.")
        found = _find_user(user)
        if dry_run:
            counted = count_written(found, keep_account=keep_account)
            self.stdout.write("Would erase " + ", ".join(f"{number} {noun}" for noun, number in counted.items()) + ".")
            return
        progress = Progress(self.stdout, every=1000)
        for noun, number in erase_written(actor=None, user=found, limit=batch_size):
            progress.add(noun, number)
        try:
            finish_erasure(actor=None, user=found, keep_account=keep_account)
        except Conflict as error:
            raise CommandError(
                f"What the user wrote is blank, but the account cannot be deleted: {error.__cause__}. "
                "Remove those records and run this again, or keep the account: --keep-account"
            ) from error
        erased = ", ".join(f"{number} {noun}" for noun, number in progress.totals.items() if number) or "nothing"
        self.stdout.write(f"Erased {erased}. The account was {'kept' if keep_account else 'deleted'}.")


def _find_user(value: str) -> Any:
    """Return the user with this primary key or login; CommandError where there is none, or two."""
    model: Any = get_user_model()
    users = model._default_manager
    found = list(users.filter(**{model.USERNAME_FIELD: value})) if is_storable_text(value) else []
    try:
        by_key = users.filter(pk=model._meta.pk.to_python(value)).first()
    except (ValidationError, ValueError, OverflowError):
        by_key = None
    if by_key is not None and by_key not in found:
        found.append(by_key)
    if not found:
        raise CommandError(f"There is no user with the primary key or the login {value!r}.")
    if len(found) > 1:
        raise CommandError(
            f"{value!r} is the login of one user and the primary key of another. "
            "Say which in Python: django_convo.actions.erase_user(actor=None, user=…)"
        )
    return found[0]
