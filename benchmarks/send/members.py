"""Whether a send to thousands costs more than one to three."""

from __future__ import annotations

import argparse
from statistics import median
from time import perf_counter
from typing import Any

from django.contrib.auth import get_user_model
from tests.people import make_group, make_user

from django_convo import actions
from django_convo.models import Participant, get_conversation_model

SIZES = (3, 1_000, 10_000)


def run(options: argparse.Namespace) -> None:
    """Print milliseconds of one send to each size, one after the other."""
    writer = make_user("writer")
    groups = {size: _group_of(writer, size) for size in SIZES}
    times: dict[int, list[float]] = {size: [] for size in SIZES}
    for number in range(300 * options.rounds):
        for size, group in groups.items():
            started = perf_counter()
            actions.send_message(actor=writer, conversation=group, body=f"hello {number}", client_id=str(number))
            times[size].append((perf_counter() - started) * 1000)
    least = median(times[SIZES[0]])
    print("\nOne send after the other, by the number of members: milliseconds")
    for size, taken in times.items():
        print(f"  {size:6,} {median(taken):8.3f}   {median(taken) / least:5.2f} times")


def _group_of(writer: Any, size: int) -> Any:
    model: Any = get_user_model()
    group = make_group(writer)
    logins = (f"member{size}-{number}@example.com" for number in range(size - 1))
    people = model._default_manager.bulk_create([model(**{model.USERNAME_FIELD: login}) for login in logins])
    Participant.objects.bulk_create([Participant(conversation=group, user=user) for user in people])
    get_conversation_model()._default_manager.filter(pk=group.pk).update(participant_count=size)
    return group
