"""Fills the site: one transaction, the same each time, all of it or nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from itertools import cycle
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from django_convo import actions
from django_convo.models import AbstractConversation, get_conversation_model, get_message_model
from stays.bookings import booking_conversation
from stays.demo_data.booking_talk import OPEN, SETTLED
from stays.demo_data.history import play, read_on, spread_over_days
from stays.demo_data.people import ADMIN, DOMAIN, GUEST, GUESTS, HOST, HOSTS, LOGINS, PASSWORD, PEOPLE, Person
from stays.demo_data.places import PLACES
from stays.demo_data.room_talk import DIRECTS, ROOMS
from stays.demo_data.talk import Room, lines
from stays.models import Booking, Listing

SEED = 20_260_401
# How often a place is booked; those of the host whom one logs in as more often.
BOOKINGS_PER_PLACE = 2
BOOKINGS_OF_TOMAS = 4
# How likely a stay is Maya's, if she is not elsewhere on one of the nights.
MAYAS_SHARE = 0.4

# Told the noun and how many of it there are, after each stage.
Report = Callable[[str, int], None]
Users = dict[str, Any]


def is_filled() -> bool:
    """Say whether somebody of the demo is here already."""
    addresses = [person.email for person in PEOPLE]
    return get_user_model()._default_manager.filter(email__in=addresses).exists()


@transaction.atomic
def fill(report: Report) -> None:
    """Add people, places, bookings and all they say; the dates are counted from today."""
    chance = random.Random(SEED)
    users = _add_people(chance)
    report("people", len(users))
    listings = _add_listings(users)
    report("listings", len(listings))
    bookings = _add_bookings(chance, users, listings)
    report("bookings", len(bookings))
    for room in ROOMS:
        _add_room(chance, users, room)
    report("groups and channels", len(ROOMS))
    for one, other, script in DIRECTS:
        _add_direct(chance, users, one, other, script)
    report("directs", len(DIRECTS) + len(bookings))
    _tidy_inboxes(users)
    report("messages", get_message_model()._default_manager.count())


def _add_people(chance: random.Random) -> Users:
    manager = get_user_model()._default_manager
    return {
        person.email.removesuffix(f"@{DOMAIN}"): manager.create_user(
            person.email,
            PASSWORD if person in LOGINS else None,
            first_name=person.first_name,
            last_name=person.last_name,
            role=person.role,
            phone_number=f"+00 555 {chance.randrange(10_000):04}",
            is_staff=person is ADMIN,
            is_superuser=person is ADMIN,
            created_at=timezone.now() - timedelta(days=chance.randint(60, 600), minutes=chance.randrange(1440)),
        )
        for person in PEOPLE
    }


def _user(users: Users, person: Person) -> Any:
    return users[person.email.removesuffix(f"@{DOMAIN}")]


def _add_listings(users: Users) -> list[Listing]:
    return [
        Listing.objects.create(
            host=_user(users, HOSTS[place.host]),
            title=place.title,
            town=place.town,
            description=place.description,
            nightly_price=place.nightly_price,
            sleeps=place.sleeps,
        )
        for place in PLACES
    ]


def _add_bookings(chance: random.Random, users: Users, listings: list[Listing]) -> list[Booking]:
    """Book each place one stay after the other, from a while ago until some weeks ahead; the last may be open."""
    bookings: list[Booking] = []
    maya = _user(users, GUEST)
    settled, still_open = cycle(SETTLED), cycle(OPEN)
    host = _user(users, HOST)
    for listing in listings:
        count = BOOKINGS_OF_TOMAS if listing.host == host else BOOKINGS_PER_PLACE
        day = timezone.localdate() + timedelta(days=chance.randint(-24, 6))
        for number in range(count):
            nights = chance.randint(2, 6)
            guest = _user(users, chance.choice(GUESTS[1:]))
            if chance.random() < MAYAS_SHARE and _is_free(maya, day, nights):
                guest = maya
            booking = Booking.objects.create(
                listing=listing,
                guest=guest,
                host=listing.host,
                check_in=day,
                check_out=day + timedelta(days=nights),
            )
            is_open = number == count - 1 and (listing.host == host or chance.random() < 0.5)
            _talk_about(chance, booking, next(still_open if is_open else settled))
            bookings.append(booking)
            day = booking.check_out + timedelta(days=chance.randint(0, 5))
    return bookings


def _is_free(guest: Any, day: date, nights: int) -> bool:
    stays = Booking.objects.filter(guest=guest, check_in__lt=day + timedelta(days=nights), check_out__gt=day)
    return not stays.exists()


def _talk_about(chance: random.Random, booking: Booking, script: str) -> None:
    conversation = booking_conversation(booking)
    facts = {
        "guest": booking.guest.first_name,
        "host": booking.host.first_name,
        "listing": f"“{booking.listing.title}”",
        "town": booking.listing.town,
        "nights": booking.nights,
        "check_in": f"{booking.check_in.day} {booking.check_in:%B}",
    }
    speakers = {"guest": booking.guest, "host": booking.host}
    play(conversation, lines(script), speakers, facts=facts, booking=booking)
    arrival = timezone.make_aware(datetime.combine(booking.check_in, time(15)))
    _finish(chance, conversation, before=arrival)
    Booking.objects.filter(pk=booking.pk).update(
        created_at=get_conversation_model()._default_manager.get(pk=conversation.pk).created_at
    )


def _add_room(chance: random.Random, users: Users, room: Room) -> None:
    """Open a room: a group's people are put in it, a channel's join it; then somebody comes and somebody goes."""
    people = [users[name] for name in room.people]
    founder, others = people[0], people[1:]
    is_channel = room.kind == "channel"
    conversation, _ = actions.create_conversation(
        actor=founder,
        kind=room.kind,
        participants=others[:1] if is_channel else others,
        title=room.title,
        topic=room.topic,
        roles={others[0].pk: "moderator"},
    )
    silent = chance.sample([_user(users, person) for person in GUESTS[1:]], 4)
    newcomers = [user for user in silent if user not in people]
    for user in others[1:] + newcomers if is_channel else []:
        actions.join(actor=user, conversation=conversation)
    if not is_channel:
        actions.add_participant(actor=founder, conversation=conversation, user=newcomers[0])
    play(conversation, lines(room.script), {str(number): user for number, user in enumerate(people, start=1)})
    actions.leave(actor=newcomers[0], conversation=conversation)
    _finish(chance, conversation)


def _add_direct(chance: random.Random, users: Users, one: str, other: str, script: str) -> None:
    conversation, _ = actions.create_conversation(actor=users[one], participants=[users[other]])
    play(conversation, lines(script), {"1": users[one], "2": users[other]})
    _finish(chance, conversation)


def _finish(chance: random.Random, conversation: AbstractConversation, *, before: datetime | None = None) -> None:
    read_on(chance, conversation, waiting_for={GUEST.email, HOST.email})
    spread_over_days(chance, conversation, before=before)


def _tidy_inboxes(users: Users) -> None:
    """Let the two whom one logs in as have pinned, muted and put away what people do."""
    conversations = get_conversation_model()._default_manager
    for person, pinned, muted in (
        (GUEST, "Midsummer in Vestnes", "Tips for guests"),
        (HOST, "Alfeira cleaning rota", "Hosts' swap shelf"),
    ):
        user = _user(users, person)
        actions.update_membership(actor=user, conversation=conversations.get(title=pinned), pinned=True)
        actions.update_membership(
            actor=user, conversation=conversations.get(title=muted), muted_until=timezone.now() + timedelta(days=30)
        )
        oldest = conversations.having(user).filter(kind="direct").order_by("last_message_at").first()
        actions.update_membership(actor=user, conversation=oldest, archived=True)
