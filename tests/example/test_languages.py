"""The site speaks what the chat on it speaks."""

from __future__ import annotations

import re

import pytest

from tests.example.conftest import Browser
from tests.example.site import Site

MAYA, TOMAS = "maya@lantern.example", "tomas@lantern.example"
# Of the frame, the start page and a booking.
ENGLISH = (
    "Log out",
    "Your bookings",
    "Good to see you",
    "unread message",
    "Arrive",
    "Leave<",
    "nights</dt>",
    " nights\n",
    "Confirmed<",
)
SPOKEN = [
    ("de", "ltr", ("Abmelden", "Deine Buchungen", "Schön, dass du da bist, Maya."), ("Anreise", "Bestätigt")),
    ("es", "ltr", ("Cerrar sesión", "Tus reservas", "Qué alegría verte, Maya."), ("Llegada", "Confirmada")),
    ("ar", "rtl", ("تسجيل الخروج", "حجوزاتك", "سعداء برؤيتك يا Maya."), ("الوصول", "مؤكد")),
]


@pytest.mark.parametrize(("language", "direction", "at_home", "beside"), SPOKEN, ids=[row[0] for row in SPOKEN])
def test_pages_speak(
    language: str, direction: str, at_home: tuple[str, ...], beside: tuple[str, ...], browser: Browser
) -> None:
    client = browser(MAYA)
    client.headers["Accept-Language"] = language
    pages = {"/": at_home, "/bookings/5/": beside}
    for path, words in pages.items():
        text = client.get(path).text
        assert f'<html lang="{language}" dir="{direction}">' in text
        for word in words:
            assert word in text, path
        for word in ENGLISH:
            assert word not in text, (path, word)
        # The whole page: nothing in it is of another language or turned back.
        assert 'lang="en"' not in text


def test_days_are_written_as_in_the_language(browser: Browser) -> None:
    client = browser(MAYA)
    found = {}
    for language in ("en", "de", "es"):
        client.headers["Accept-Language"] = language
        days = re.findall(r"<dd>(\w+,? \d+[^<]*)</dd>", client.get("/bookings/5/").text)
        assert len(days) == 2
        found[language] = days[0]
    assert re.fullmatch(r"\w+, \d+ \w+", found["en"])
    assert re.fullmatch(r"\w+, \d+\. \w+", found["de"])
    assert re.fullmatch(r"\w+, \d+ de \w+", found["es"])


def test_a_language_that_the_site_does_not_speak_is_english(browser: Browser) -> None:
    client = browser(MAYA)
    client.headers["Accept-Language"] = "he"

    assert '<html lang="en" dir="ltr">' in client.get("/chat/").text


def test_what_the_site_itself_says_in_a_conversation_is_in_its_own_language(site: Site) -> None:
    """It is kept as it is written, and whoever confirms is not alone in reading it."""
    code = (
        "from django.utils.translation import override; from django.db import transaction\n"
        "from django_convo.models import Message; from stays.bookings import confirm_booking\n"
        "from stays.models import Booking\n"
        "booking = Booking.objects.filter(status='requested', host__email='tomas@lantern.example').last()\n"
        "with transaction.atomic():\n"
        "    with override('de'):\n"
        "        confirm_booking(booking)\n"
        "        print(str(booking).split(',')[0])\n"
        "    print(Message.objects.filter(kind='system').order_by('-sent_at').first().message_body)\n"
        "    transaction.set_rollback(True)\n"
    )
    label, said = site.python(code).splitlines()
    assert " bis " in label
    assert re.fullmatch(r"Booking confirmed: \d+ \w+ to \d+ \w+, .+\.", said)
