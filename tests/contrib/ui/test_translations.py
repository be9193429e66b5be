"""The texts in other languages: each of them, with everything to be filled in, and shown."""

from __future__ import annotations

import re
from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override
from django.utils.translation.template import templatize

import django_convo
from django_convo import actions
from django_convo.contrib import ui
from django_convo.types import ConversationRole, NotifyLevel, ReportReason, ReportStatus, ScheduledStatus
from tests.contrib.ui.conftest import Visitor
from tests.contrib.ui.html import parse

PACKAGE = Path(django_convo.__file__).parent
PAGES = Path(ui.__file__).parent
EXAMPLE = Path(__file__).parents[3] / "example_project"
COMPLETE = [
    *((PACKAGE, language) for language in ("de", "es")),
    *((folder, language) for folder in (PAGES, EXAMPLE) for language in ("de", "es", "ar")),
]
_FILLED_IN = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")


def catalogue(folder: Path, language: str) -> dict[Any, str]:
    """Return what the compiled file holds; its keys are texts, or a text and the number of its plural form."""
    with (folder / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        found: dict[Any, str] = GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {key: value for key, value in found.items() if key != ""}


def texts_of(folder: Path) -> set[str]:
    """Return the texts that the code and the templates of a folder mark, as Django itself finds them."""
    found: set[str] = set()
    for path in folder.rglob("*"):
        is_of_another = folder == PACKAGE and "contrib" in path.relative_to(folder).parts
        if is_of_another or "locale" in path.parts or path.suffix not in (".py", ".html"):
            continue
        source = path.read_text(encoding="utf-8")
        if path.suffix == ".html":
            source = templatize(source)
            found |= {match[2] for match in re.finditer(r"""(?<!n)gettext\(u?(['"])(.*?)\1\)""", source)}
            found |= {match[2] for match in re.finditer(r"""ngettext\(u?(['"])(.*?)\1,""", source)}
        else:
            found |= {match[1] for match in re.finditer(r"""\b_\(\s*"((?:[^"\\]|\\.)*)"\s*,?\s*\)""", source)}
    return found


@pytest.mark.parametrize(
    ("folder", "count"), [(PACKAGE, 150), (PAGES, 150), (EXAMPLE, 60)], ids=["package", "pages", "example"]
)
def test_texts_are_found(folder: Path, count: int) -> None:
    assert len(texts_of(folder)) > count


@pytest.mark.parametrize(("folder", "language"), COMPLETE, ids=lambda value: getattr(value, "name", value))
def test_each_text_is_translated(folder: Path, language: str) -> None:
    known = {key[0] if isinstance(key, tuple) else key for key in catalogue(folder, language)}

    assert {text for text in texts_of(folder) if text not in known} == set()


@pytest.mark.parametrize(("folder", "language"), COMPLETE, ids=lambda value: getattr(value, "name", value))
def test_what_is_filled_in_is_in_each_translation(folder: Path, language: str) -> None:
    for key, value in catalogue(folder, language).items():
        text = key[0] if isinstance(key, tuple) else key
        assert sorted(_FILLED_IN.findall(value)) == sorted(_FILLED_IN.findall(text)), text


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "direction", "word"),
    [("de", "ltr", "Nachrichten"), ("es", "ltr", "Mensajes"), ("ar", "rtl", "الرسائل")],
)
def test_pages_speak(
    language: str, direction: str, word: str, as_ada: Visitor, ada: Any, group: Any, settings: Any
) -> None:
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
    actions.send_message(actor=ada, conversation=group, body="Hello")
    response = as_ada.client.get(f"/some/where/chat/c/{group.pk}/", headers={"Accept-Language": language})

    page = parse(response.content)

    html = page.one("html")
    assert (html.attributes["lang"], html.attributes["dir"]) == (language, direction)
    assert word in page.one("h2", class_="convo-side-title").text


@pytest.mark.parametrize("choices", [ConversationRole, NotifyLevel, ReportReason, ReportStatus, ScheduledStatus])
def test_choices_of_the_package_are_in_the_catalogue_of_the_pages(choices: Any) -> None:
    """The package itself knows no Arabic; these stand on the pages."""
    known = catalogue(PAGES, "ar")

    with override("en"):
        assert {str(label) for label in choices.labels} - set(known) == set()


@pytest.mark.django_db
def test_refusals_speak(as_ada: Visitor, group: Any, settings: Any) -> None:
    settings.LANGUAGE_CODE = "de"

    response = as_ada.post("conversation", group, body=" ")

    assert "Eine Nachricht braucht einen Text." in response.content.decode()


@pytest.mark.parametrize(("folder", "language"), COMPLETE, ids=lambda value: getattr(value, "name", value))
def test_compiled_is_what_the_source_says(folder: Path, language: str) -> None:
    source = (folder / "locale" / language / "LC_MESSAGES" / "django.po").read_text(encoding="utf-8")
    said = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', source, flags=re.MULTILINE)

    compiled = {key: value for key, value in catalogue(folder, language).items() if isinstance(key, str)}

    assert {_unquoted(key): _unquoted(value) for key, value in said} == compiled


def _unquoted(text: str) -> str:
    """Return a text as it is where it stands in no quotation marks."""
    return re.sub(r"\\(.)", r"\1", text)
