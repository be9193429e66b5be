"""django-postman: mail between users, as pages of HTML."""

from __future__ import annotations

from typing import Any

from benchmarks.calls import Request

from .base import BODY, SHORT, Site, talk

_BASE = "<!doctype html><html><body>{% block content %}{% endblock %}</body></html>"


def _seed(reader: Any, others: list[Any]) -> dict[str, Any]:
    from postman.models import STATUS_ACCEPTED, Message

    rows = [
        Message(
            subject="Talk",
            body=BODY,
            sender=sender,
            recipient=other if sender == reader else reader,
            sent_at=at,
            read_at=at,
            moderation_status=STATUS_ACCEPTED,
        )
        for other, number, sender, at in talk(reader, others)
        # It shows a thread as a whole: no more of it than the others show.
        if number < SHORT
    ]
    Message.objects.bulk_create(rows)
    roots = {}
    for message in Message.objects.order_by("pk"):
        other = message.recipient_id if message.sender_id == reader.pk else message.sender_id
        message.thread_id = roots.setdefault(other, message.pk)
        message.save(update_fields=["thread"])
    first = roots[others[0].pk]
    return {
        "inbox": Request(path="/peer/inbox/", user=str(reader.pk)),
        "newest": Request(path=f"/peer/view/t/{first}/", user=str(reader.pk)),
        "send": lambda number: Request(
            path=f"/peer/reply/{first}/",
            user=str(reader.pk),
            method="POST",
            body={"subject": "Talk", "body": f"{BODY} {number}"},
            is_form=True,
        ),
    }


SITE = Site(
    apps=("postman",),
    urls="postman.urls",
    seed=_seed,
    settings={
        "POSTMAN_AUTO_MODERATE_AS": True,
        "POSTMAN_NOTIFIER_APP": None,
        "POSTMAN_MAILER_APP": None,
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [
                        ("django.template.loaders.locmem.Loader", {"base.html": _BASE}),
                        "django.template.loaders.app_directories.Loader",
                    ],
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ],
                },
            }
        ],
    },
    lacks={
        "inbox": "HTML; no participants, no order but time, no paging",
        "newest": "HTML; no paging: the whole thread, here of 50 messages and what was sent meanwhile",
        "send": "a form, answered by a redirect; no numbers, counts, retries",
    },
)
