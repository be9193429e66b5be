"""What the site's templates draw."""

from __future__ import annotations

from django import template
from django.utils.safestring import SafeString

from stays.art import draw
from stays.models import Listing

register = template.Library()


@register.simple_tag
def picture(listing: Listing) -> SafeString:
    """Draw a place, the same each time."""
    return draw(listing)
