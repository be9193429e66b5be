"""Who is on the site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from django_convo.contrib.accounts.models import Role

DOMAIN = "lantern.example"
# Known to everybody who reads this: the demo's people own nothing.
PASSWORD = "lantern-demo"  # noqa: S105


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """An invented person."""

    email: str
    first_name: str
    last_name: str
    role: Role
    # A text in the language of whoever reads it.
    about: Any = ""


GUEST = Person(
    email=f"maya@{DOMAIN}",
    first_name="Maya",
    last_name="Lindqvist",
    role=Role.GUEST,
    about=_("travels, and has answers waiting for her"),
)
HOST = Person(
    email=f"tomas@{DOMAIN}",
    first_name="Tomás",
    last_name="Ferreira",
    role=Role.HOST,
    about=_("lets three places, and has requests to confirm"),
)
ADMIN = Person(
    email=f"admin@{DOMAIN}",
    first_name="Ines",
    last_name="Okafor",
    role=Role.ADMIN,
    about=_("runs the site, in the admin too"),
)
# Who can log in; the others have no password.
LOGINS = (GUEST, HOST, ADMIN)

_HOSTS = """
Greta Halloran, Piotr Wasilewski, Aiko Tanabe, Samuel Adeyemi, Lucía Barrera, Henrik Solberg, Noor Rahimi,
Colette Marchand, Owen Prichard, Zanele Mthembu, Dario Bellini
"""
_GUESTS = """
Farah Siddiqui, Leon Kessler, Marisol Quintero, Bram de Wit, Yuki Harada, Chidi Eze, Saoirse Kinsella, Viktor Hruska,
Amara Diallo, Jonas Lehtinen, Priya Raman, Mateo Salgado, Eleni Pappas, Callum Reid, Hana Novotna, Rafael Duarte,
Sofie Aagaard, Idris Benali, Nadia Petrenko, Tobias Frey, Lan Pham, Georgia Whitlock, Emre Yalcin, Beatriz Moura
"""
# The letters of the names above that an address does without.
_PLAIN = str.maketrans({"í": "i", "á": "a", " ": "."})


def _named(names: str, role: Role) -> list[Person]:
    people = []
    for name in " ".join(names.split()).split(", "):
        first_name, last_name = name.split(" ", 1)
        address = f"{name.lower().translate(_PLAIN)}@{DOMAIN}"
        people.append(Person(email=address, first_name=first_name, last_name=last_name, role=role))
    return people


HOSTS = [HOST, *_named(_HOSTS, Role.HOST)]
GUESTS = [GUEST, *_named(_GUESTS, Role.GUEST)]
PEOPLE = [*HOSTS, *GUESTS, ADMIN]
