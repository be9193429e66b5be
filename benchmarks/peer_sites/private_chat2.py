"""django-private-chat2: dialogs between two, read over HTTP and written over its socket."""

from __future__ import annotations

from typing import Any

from benchmarks.calls import Request

from .base import BODY, Site, talk


def _seed(reader: Any, others: list[Any]) -> dict[str, Any]:
    from django_private_chat2.models import DialogsModel, MessageModel

    DialogsModel.objects.bulk_create([DialogsModel(user1=reader, user2=other) for other in others])
    rows = [
        MessageModel(sender=sender, recipient=other if sender == reader else reader, text=BODY, created=at, read=True)
        for other, _, sender, at in talk(reader, others)
    ]
    MessageModel.objects.bulk_create(rows)
    return {
        "inbox": Request(path="/peer/dialogs/", user=str(reader.pk)),
        "newest": Request(path=f"/peer/messages/{others[0].pk}/", user=str(reader.pk)),
    }


SITE = Site(
    apps=("django_private_chat2",),
    urls="django_private_chat2.urls",
    seed=_seed,
    settings={"MESSAGES_PAGINATION": 50, "DIALOGS_PAGINATION": 20},
    lacks={
        "inbox": "in the order of their creation, counted for pages; two people only",
        "newest": "by OFFSET, counted",
        "send": "over its socket alone",
    },
)
