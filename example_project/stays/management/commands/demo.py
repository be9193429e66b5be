"""`manage.py demo`: the whole site in one command."""

from __future__ import annotations

import time
from typing import Any

import uvicorn
from django.conf import settings
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from example.asgi import application
from stays.answering import start_answering
from stays.demo_data.fill import fill, is_filled
from stays.demo_data.logins import who_can_log_in
from stays.demo_data.people import GUEST, PASSWORD

ADDRESS = "127.0.0.1"
PLACES_TO_GO = (
    ("site", ""),
    ("chat", "chat/"),
    ("API", "api/conversations/"),
    ("schema", "api/schema/"),
    ("admin", "admin/"),
)
REGISTRATION = (
    "-H 'Content-Type: application/json' -d "
    '\'{"first_name": "Ada", "last_name": "Byron", "email": "ada@example.com", "password": "difference-engine"}\''
)


class Command(BaseCommand):
    """Migrate, fill, say who can log in, serve."""

    help = "Migrates, fills the site with people who talk to each other, says who can log in, and serves it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where to serve (8000)")
        parser.add_argument("--empty", action="store_true", help="add nobody")
        parser.add_argument("--no-serve", action="store_true", help="stop when the data is there")

    def handle(self, *, port: int, empty: bool, no_serve: bool, verbosity: int, **options: Any) -> None:
        self.stdout.write("Migrating.")
        call_command("migrate", interactive=False, verbosity=verbosity - 1)
        if not empty:
            self._fill()
        self._introduce(f"http://{ADDRESS}:{port}")
        # What this process opened for the lines above is not for the server's threads.
        connections.close_all()
        if not no_serve:
            self._serve(port, is_talkative=verbosity > 1)

    def _fill(self) -> None:
        if is_filled():
            self.stdout.write("The demo's people are here already: nothing is added.")
            return
        started = time.perf_counter()
        self.stdout.write("Filling:")
        fill(self._report)
        self.stdout.write(f"  done in {time.perf_counter() - started:.1f} s")

    def _report(self, noun: str, count: int) -> None:
        self.stdout.write(f"  {noun:<22}{count:>5}")
        self.stdout.flush()

    def _introduce(self, site: str) -> None:
        people = who_can_log_in()
        if people:
            self.stdout.write(f"\nLog in with the password {PASSWORD} as\n")
        for person in people:
            self.stdout.write(f"  {person.email:<24}{person.role}: {person.about}")
        self.stdout.write("")
        for noun, path in PLACES_TO_GO:
            self.stdout.write(f"  {noun:<8}{site}/{path}")
        if people:
            self.stdout.write(f"  curl -u {GUEST.email}:{PASSWORD} {site}/api/conversations/")
            self.stdout.write(f"  curl -d username={GUEST.email} -d password={PASSWORD} {site}/api/token/")
        else:
            self.stdout.write(f"\nRegister somebody:\n  curl {site}/api/users/ {REGISTRATION}")

    def _serve(self, port: int, *, is_talkative: bool) -> None:
        start_answering()
        self.stdout.write("\nServing; Ctrl+C stops.")
        self.stdout.flush()
        uvicorn.run(
            # A web server would hand out the static files of a real site.
            ASGIStaticFilesHandler(application) if settings.DEBUG else application,
            host=ADDRESS,
            port=port,
            lifespan="off",
            log_level="info" if is_talkative else "warning",
        )
