"""The strict example under real uvicorn, and visitors who look at its pages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageOps
from playwright.sync_api import Browser, BrowserContext, Page

from tests.serving import free_port, wait_for

ROOT = Path(__file__).parents[2]
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PASSWORD = "lantern-demo"
MAYA, TOMAS, ADMIN = "maya@lantern.example", "tomas@lantern.example", "admin@lantern.example"
# What `MORE` prints: the fields of `Site`.
KEYS = ("group", "talk", "shown", "named", "muted")
# What the pages are shown with, besides what the demo has: everything that a message can have.
MORE = """
from datetime import timedelta
from django.core.files.base import ContentFile
from django.utils import timezone
from django.contrib.auth import get_user_model
from django.db import transaction
from django_convo import actions, selectors
from django_convo.models import get_conversation_model, get_message_model
from tests.e2e.pages_site import evening
users = {user.email: user for user in get_user_model().objects.all()}
maya, tomas, greta = (users[f"{name}@lantern.example"] for name in ("maya", "tomas", "greta.halloran"))
with transaction.atomic():
    group = get_conversation_model().objects.get(title="Midsummer in Vestnes")
    others = [user for user in group.participants.all() if user != maya]
    asked = get_message_model().objects.filter(conversation=group, sender=others[0]).order_by("seq").last()
    for user in others[1:4]:
        actions.add_reaction(actor=user, message=asked, emoji="❤️")
    actions.add_reaction(actor=maya, message=asked, emoji="🎉")
    actions.add_reaction(actor=others[1], message=asked, emoji="🎉")
    view = ContentFile(evening(), name="pier.png")
    image = actions.create_attachment(actor=others[1], file=view)
    plan = actions.create_attachment(actor=others[1], file=ContentFile(b"Ferry at nine.", name="ferry times.txt"))
    words = "The pier, and when the ferries go: https://ferries.example/vestnes?day=20"
    shown = actions.send_message(actor=others[1], conversation=group, body=words, attachments=[image, plan])
    gone = actions.send_message(actor=others[2], conversation=group, body="Wrong group, sorry")
    actions.delete_message(actor=others[2], message=gone)
    words = "@Maya Lindqvist, do you bring the lanterns?"
    named = actions.send_message(
        actor=others[3], conversation=group, body=words, mentions=[maya], reply_to=shown
    )
    actions.pin_message(actor=maya, message=shown)
    actions.save_message(actor=maya, message=shown)
    mine = actions.send_message(actor=maya, conversation=group, body="All five of them.", thread_root=named)
    actions.edit_message(actor=maya, message=mine, body="All six of them.")
    actions.report_message(actor=maya, message=asked, reason="spam", comment="Just to see the queue.")
    later = timezone.now() + timedelta(days=7)
    why = "Kept selling lamps after being asked twice to stop."
    actions.impose_sanction(
        actor=maya, user=others[4], conversation=group, kind="mute", expires_at=later, reason=why
    )
    actions.impose_sanction(actor=None, user=others[3], kind="mute")
    talk, _ = actions.create_conversation(actor=maya, participants=[greta], body="Is the schoolhouse warm in March?")
    actions.send_message(actor=greta, conversation=talk, body="With the stove it is. Bring the big jumper, though.")
print(group.pk, talk.pk, shown.pk, named.pk, others[4].pk)
"""


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where it is served, and the keys of what `MORE` has added."""

    address: str
    folder: Path
    group: str
    talk: str
    shown: str
    named: str
    muted: str

    def pages(self) -> dict[str, str]:
        """Return the pages that are looked at, by name."""
        return {
            "inbox": "/chat/",
            "conversation": f"/chat/c/{self.group}/",
            "direct": f"/chat/c/{self.talk}/",
            "thread": f"/chat/c/{self.group}/thread/{self.named}/",
            "message": f"/chat/c/{self.group}/m/{self.shown}/",
            "react": f"/chat/c/{self.group}/m/{self.shown}/react/",
            "new": "/chat/new/",
            "members": f"/chat/c/{self.group}/members/",
            "sanctions": f"/chat/c/{self.group}/sanctions/?user={self.muted}",
            "settings": f"/chat/c/{self.group}/settings/",
            "search": "/chat/search/?q=the",
            "channels": "/chat/channels/",
            "saved": "/chat/saved/",
            "booking": "/bookings/5/",
            "home": "/",
        }


def evening() -> bytes:
    """Return a picture of the sun over the sea."""
    above = ImageOps.colorize(Image.linear_gradient("L").resize((640, 260)), "#24315e", "#f0a98b")
    image = ImageOps.expand(above, (0, 0, 0, 140), "#343b69")
    pen = ImageDraw.Draw(image)
    pen.ellipse((270, 170, 370, 270), "#ffd166")
    pen.rectangle((0, 261, 640, 400), "#343b69")
    for y, half in ((275, 60), (300, 42), (325, 52), (350, 26), (372, 36)):
        pen.rectangle((320 - half, y, 320 + half, y + 5), "#f0c987")
    kept = BytesIO()
    image.save(kept, "PNG")
    return kept.getvalue()


def environment(folder: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("EXAMPLE_", "DATABASE_"))}
    python_path = [str(ROOT / "src"), str(ROOT), str(ROOT / "example_project")]
    return {
        **inherited,
        "DATABASE_URL": f"sqlite:///{folder / 'strict.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "tests.e2e.strict_settings",
        "CONVO_E2E_FOLDER": str(folder),
        "EXAMPLE_FAST_PASSWORDS": "on",
        "EXAMPLE_THROTTLES": "off",
        "PYTHONPATH": os.pathsep.join(python_path),
    }


def manage(folder: Path, *arguments: str) -> str:
    """Run a command to its end and return what it printed."""
    command = [sys.executable, "-W", "error", "-m", "django", *arguments]
    done = subprocess.run(command, env=environment(folder), cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """Fill and serve the site; yield it; stop."""
    manage(folder, "demo", "--no-serve")
    manage(folder, "collectstatic", "--no-input", "--verbosity", "0")
    keys = dict(zip(KEYS, manage(folder, "shell", "--verbosity", "0", "--command", MORE).split(), strict=True))
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "example.asgi:application", "--port", str(port), "--lifespan", "off"]
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment(folder), cwd=ROOT, stdout=output, stderr=output)
        try:
            wait_for(process, port, log)
            address = f"http://127.0.0.1:{port}"
            yield Site(address=address, folder=folder, **keys)
        finally:
            process.kill()
            process.wait()


def log_in(
    browser: Browser, site: Site, email: str | None = MAYA, **options: Any
) -> tuple[BrowserContext, Page, list[str]]:
    """Log somebody in by the form, or nobody; return their browser, a page, and what it complains of."""
    context = browser.new_context(**{**DESKTOP, **options})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
    if email is None:
        return context, page, complaints
    page.goto(f"{site.address}/accounts/login/")
    page.fill("[name=username]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("main [type=submit], main .panel button")
    page.wait_for_url(f"{site.address}/")
    return context, page, complaints
