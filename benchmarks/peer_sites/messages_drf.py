"""django-messages-drf: threads over REST."""

from __future__ import annotations

from typing import Any

from benchmarks.calls import Request

from .base import BODY, SHORT, Site, talk


def _seed(reader: Any, others: list[Any]) -> dict[str, Any]:
    from django_messages_drf.models import Message, Thread, UserThread

    threads = {other.pk: Thread.objects.create(subject=str(other)) for other in others}
    for other in others:
        for user in (reader, other):
            UserThread.objects.create(thread=threads[other.pk], user=user, unread=False, deleted=False)
    rows = [
        Message(thread=threads[other.pk], sender=sender, sent_at=at, content=BODY)
        for other, number, sender, at in talk(reader, others)
        # It shows a thread as a whole: no more of it than the others show.
        if number < SHORT
    ]
    Message.objects.bulk_create(rows)
    first = threads[others[0].pk].uuid
    send = f"/peer/message/thread/{first}/{others[0].pk}/send/"
    return {
        "inbox": Request(path="/peer/inbox/", user=str(reader.pk)),
        "newest": Request(path=f"/peer/message/thread/{first}/", user=str(reader.pk)),
        "send": lambda number: Request(
            path=send, user=str(reader.pk), method="POST", body={"message": f"{BODY} {number}", "subject": "talk"}
        ),
    }


SITE = Site(
    apps=("rest_framework", "django_messages_drf"),
    urls="django_messages_drf.urls",
    seed=_seed,
    lacks={
        "inbox": "all threads are read and sorted in Python; no participants",
        "newest": "no paging: the whole thread, here of 50 messages and what was sent meanwhile",
        "send": "no numbers, counts, retries",
    },
)
