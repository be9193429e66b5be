"""Blocks as the one who set them sees them; nobody else does."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q, QuerySet

from django_convo.exceptions import NotFound
from django_convo.models import Block, BlockQuerySet
from django_convo.policy import get_policy

BLOCK_ORDER: Final = ("-pk",)


def blocks(actor: Any) -> BlockQuerySet:
    """Return the actor's own blocks with whom they keep away; page them by `BLOCK_ORDER`."""
    return Block.objects.filter(blocker=actor).select_related("blocked")


def find_blockable(actor: Any, key: Any) -> Any:
    """Return a user whom the policy shows, or whom the actor has blocked already: a block outlasts sight.

    One query; raises NotFound.
    """
    own = Block.objects.filter(blocker=actor, blocked=OuterRef("pk"))
    seen: QuerySet[Any] = get_policy().visible_users(actor).filter(pk=key)
    user = get_user_model()._default_manager.filter(Q(pk__in=seen.values("pk")) | Q(Exists(own)), pk=key).first()
    if user is None:
        raise NotFound
    return user
