"""Users: registering, changing, deleting and erasing them, and their tickets."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from django_convo import actions
from django_convo.actions.tickets import prune_tickets
from django_convo.actions.users import registration_fields

from .base import FEWEST_USERS, MOST_USERS, Base, numbers, people

PASSWORD = "a long password"
_logins = itertools.count(1)


class UserRules(Base):
    @precondition(lambda self: len(self.users) < MOST_USERS)
    @rule(actor=people, is_host=st.booleans())
    def register_user(self, actor: int, is_host: bool) -> None:
        """Registration is closed, but to the host."""
        by = None if is_host else self.person(actor)
        user = self.attempt(None, actions.register_user, actor=by, fields=self.fields(), password=PASSWORD)
        assert self.code == (None if is_host else "registration_closed")
        if user is not None:
            self.users.append(user)

    def fields(self) -> dict[str, str]:
        login = f"newcomer-{next(_logins)}@example.com"
        values = {get_user_model().USERNAME_FIELD: login, "email": login, "first_name": "New", "last_name": "Person"}
        return {name: values[name] for name in registration_fields() if name in values}

    @rule(actor=people, user=people, is_self=st.booleans(), is_secret=st.booleans())
    def update_user(self, actor: int, user: int, is_self: bool, is_secret: bool) -> None:
        """Change an address or a password, which only oneself may; frames show neither."""
        changed = self.person(user)
        by = changed if is_self else self.person_or_host(actor)
        email = f"other-{next(_logins)}@example.com"
        given: dict[str, Any] = {"fields": {}, "password": PASSWORD} if is_secret else {"fields": {"email": email}}
        self.attempt(None, actions.update_user, actor=by, user=changed, **given)
        is_able = by is None or by == changed
        may_administer = by is not None and by == self.admin and not self.is_banned(by)
        assert self.code == (None if is_able else "only_oneself" if may_administer else "permission_denied")
        row = get_user_model()._default_manager.get(pk=changed.pk)
        if is_secret:
            assert row.check_password(PASSWORD) or not is_able
        else:
            assert (row.email == email) == is_able

    @precondition(lambda self: len(self.users) > FEWEST_USERS)
    @rule(actor=people, user=people, way=st.sampled_from(["host", "action", "action", "by hand"]))
    def delete_user(self, actor: int, user: int, way: str) -> None:
        """Delete an account: by the host's own means, by the action, or by what a host does that has no signals."""
        going = self.person(user)
        key = going.pk
        if way == "action":
            by = going if actor % 3 == 0 else self.person_or_host(actor)
            self.attempt(None, actions.delete_user, actor=by, user=going)
            assert self.code == (None if self.may_remove(by, going) else "permission_denied")
            if self.refusal is not None:
                return
        else:
            if way == "by hand":
                actions.forget_user(user=going)
            going.delete()
        self.forget(key)

    def may_remove(self, actor: Any, user: Any) -> bool:
        return actor is None or actor == user or (actor == self.admin and not self.is_banned(actor))

    @rule(actor=people, user=people, chance=numbers, keep_account=st.booleans(), is_host=st.booleans())
    def erase_user(self, actor: int, user: int, chance: int, keep_account: bool, is_host: bool) -> None:
        if chance > 5 or (len(self.users) <= FEWEST_USERS and not keep_account):
            return
        by, erased = None if is_host else self.admin if actor % 2 else self.person(actor), self.person(user)
        key = erased.pk
        own = set(self.messages.filter(sender=key).values_list("pk", flat=True))
        self.attempt(None, actions.erase_user, actor=by, user=erased, keep_account=keep_account)
        if by is not None and (by != self.admin or self.is_banned(by)):
            assert self.code == ("banned" if by == self.admin else "permission_denied")
            return
        assert self.refusal is None
        assert not self.messages.filter(pk__in=own, deleted_at=None).exists()
        # A retry is told that its `client_id` was used, and no more.
        self.sent = {pair: (sent[0], None) if pair[1] == key else sent for pair, sent in self.sent.items()}
        self.forget_own(key)
        self.saved = {pair for pair in self.saved if pair[1] not in own}
        self.uploads = {upload: user for upload, user in self.uploads.items() if user != key}
        self.files = {file: message for file, message in self.files.items() if message not in own}
        self.touched.update(self.rooms)
        if not keep_account:
            self.forget(key)

    @rule(actor=people, is_late=st.booleans())
    def open_with_a_ticket(self, actor: int, is_late: bool) -> None:
        """A ticket opens one connection, for who has it, until it is too late."""
        by = self.person(actor)
        ticket = actions.issue_ticket(actor=by)
        if is_late:
            assert prune_tickets(before=timezone.now() + timedelta(hours=1), limit=100) == 1
        row = self.attempt(None, actions.redeem_ticket, ticket=ticket)
        assert (None if row is None else row.user_id) == (None if is_late else by.pk)
        self.attempt(None, actions.redeem_ticket, ticket=ticket)
        assert self.code == "not_found"
