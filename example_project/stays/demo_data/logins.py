"""Whom a visitor of the demo can be."""

from __future__ import annotations

from django.contrib.auth import get_user_model

from stays.demo_data.people import LOGINS, Person


def who_can_log_in() -> list[Person]:
    """Return those of the people with a password who are on the site: none on one that was left empty."""
    emails = [person.email for person in LOGINS]
    here = set(get_user_model()._default_manager.filter(email__in=emails).values_list("email", flat=True))
    return [person for person in LOGINS if person.email in here]
