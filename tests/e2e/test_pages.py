"""The pages in a real browser: without a script, under a strict policy, and for everybody who reads them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.pages_site import ADMIN, DESKTOP, MAYA, PHONE, Site, log_in, serving

pytestmark = pytest.mark.e2e

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
# Looked at in two of the eight ways alone.
OF_THE_SAME_PARTS = {"thread", "react", "members", "channels", "saved", "home"}
WITH_ALL_PAGES = {("light", "en", "desktop"), ("dark", "ar", "phone")}
OF_MODERATORS = {"reports": "/chat/reports/", "muted and banned": "/chat/sanctions/"}
OF_NOBODY = {"nowhere": "/nowhere/", "login": "/accounts/login/", "start": "/"}
HOSTILE = "<img src=x onerror=alert(1)><script>alert(1)</script> javascript:alert(1) \"'><svg onload=alert(1)>"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("strict")) as site:
        yield site


def test_everything_goes_without_a_script(browser: Browser, site: Site, tmp_path: Path) -> None:
    context, page, complaints = log_in(browser, site, java_script_enabled=False)
    file = tmp_path / "notes.txt"
    file.write_text("Bring matches.")
    page.goto(f"{site.address}/chat/")
    page.click("text=Greta Halloran")
    log = page.locator("[data-log]")
    expect(log).to_contain_text("With the stove it is.")

    page.fill("[name=body]", "Then we come in March.")
    page.set_input_files("[name=files]", file)
    page.click(".convo-send")
    row = page.locator(".convo-message", has_text="Then we come in March.")
    expect(row).to_contain_text("notes.txt")
    expect(row).to_be_in_viewport()

    page.locator(".convo-message", has_text="With the stove").hover()
    page.locator(".convo-message", has_text="With the stove").locator("[data-do=reply]").click()
    expect(page.locator("[data-reply-bar]")).to_contain_text("With the stove")
    page.fill("[name=body]", "Two of them")
    page.click(".convo-send")
    answer = page.locator(".convo-message", has_text="Two of them")
    expect(answer.locator("[data-part=quote]")).to_contain_text("With the stove it is.")

    answer.hover()
    answer.locator("[data-do=more]").click()
    page.click("main [data-do=edit]")
    page.fill("[name=body]", "Three of them")
    page.click("main .convo-form button")
    expect(page.locator(".convo-message", has_text="Three of them")).to_contain_text("edited")

    page.locator(".convo-message", has_text="Three of them").hover()
    page.locator(".convo-message", has_text="Three of them").locator("[data-do=react]").click()
    page.click("main [data-emoji='🎉']")
    expect(page.locator(".convo-reaction", has_text="🎉")).to_have_attribute("aria-pressed", "true")

    page.locator(".convo-message", has_text="Three of them").hover()
    page.locator(".convo-message", has_text="Three of them").locator("[data-do=more]").click()
    page.click("main [data-do=delete]")
    expect(log).to_contain_text("Message deleted")
    page.click("[data-do=restore]")
    expect(log).to_contain_text("Three of them")

    page.goto(f"{site.address}/chat/search/?q=matches")
    page.fill("main [name=q]", "stove")
    page.click("main .convo-find button")
    expect(page.locator("main mark").first).to_have_text("stove")
    page.click("main .convo-found a >> nth=0")
    expect(page.locator(".convo-message", has_text="With the stove").first).to_be_in_viewport()
    assert complaints == []
    context.close()


def test_a_conversation_opens_at_its_end_without_a_script(browser: Browser, site: Site) -> None:
    context, page, _ = log_in(browser, site, java_script_enabled=False)

    page.goto(f"{site.address}{site.pages()['conversation']}")

    expect(page.locator(".convo-message").last).to_be_in_viewport()
    context.close()


@pytest.mark.parametrize("options", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_strict_policy_has_nothing_to_refuse(browser: Browser, site: Site, options: Any) -> None:
    context, page, complaints = log_in(browser, site, **options)
    for path in site.pages().values():
        response = page.goto(f"{site.address}{path}")
        assert response is not None
        assert response.status == 200, path
        page.wait_for_load_state("networkidle")
        styles = page.evaluate("getComputedStyle(document.querySelector('.convo')).colorScheme")
        assert styles != "normal", path
    assert complaints == []
    context.close()


def test_static_files_have_names_with_a_hash(browser: Browser, site: Site) -> None:
    context, page, _ = log_in(browser, site)
    page.goto(f"{site.address}/chat/")

    names = page.eval_on_selector_all(
        "script[src], link[rel=stylesheet]", "all => all.map(one => one.src || one.href)"
    )

    ours = [name for name in names if "/convo_ui/" in name]
    assert len(ours) == 2
    assert all(name.rsplit("/", 1)[1].count(".") == 2 for name in ours), ours
    context.close()


def test_hostile_words_run_nothing(browser: Browser, site: Site, tmp_path: Path) -> None:
    context, page, complaints = log_in(browser, site, java_script_enabled=False)
    file = tmp_path / "x onerror=alert(1) .txt"
    file.write_text("Words.")
    page.goto(f"{site.address}/chat/new/")
    page.check("main [name=people] >> nth=0")
    page.check("main [name=people] >> nth=1")
    page.click("main summary")
    page.fill("main [name=title]", HOSTILE)
    page.fill("main [name=topic]", HOSTILE)
    page.fill("main [name=body]", HOSTILE)
    page.click("text=Begin")
    page.set_input_files("[name=files]", file)
    page.click(".convo-send")
    address = page.url.partition("#")[0]
    context.close()

    context, page, complaints = log_in(browser, site)
    for path in (address, f"{site.address}/chat/", f"{address}settings/", f"{site.address}/chat/search/?q=alert"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert page.locator("img[src=x], svg[onload]").count() == 0
    page.goto(address)
    expect(page.locator(".convo-message").first.locator("[data-slot=body]")).to_have_text(HOSTILE)
    assert complaints == []
    context.close()


@pytest.mark.parametrize(
    ("scheme", "language", "size"), list(product(("light", "dark"), ("en", "ar"), ("desktop", "phone")))
)
def test_no_barrier_is_found(scheme: Any, language: str, size: str, browser: Browser, site: Site) -> None:
    """WCAG 2.2 AA, as far as a program can tell."""
    options = PHONE if size == "phone" else DESKTOP
    found: dict[str, Any] = {}
    pages = site.pages()
    if (scheme, language, size) not in WITH_ALL_PAGES:
        pages = {name: path for name, path in pages.items() if name not in OF_THE_SAME_PARTS}
    for email, looked_at in ((MAYA, pages), (ADMIN, OF_MODERATORS), (None, OF_NOBODY)):
        # Without a policy, since axe is a script that is written into the page.
        context, page, _ = log_in(
            browser, site, email, color_scheme=scheme, locale=language, bypass_csp=True, **options
        )
        for name, path in looked_at.items():
            page.goto(f"{site.address}{path}")
            assert page.evaluate("document.documentElement.dir") == ("rtl" if language == "ar" else "ltr")
            found |= barriers(page, name)
        context.close()

    assert found == {}


@pytest.mark.parametrize(("scheme", "language"), [("light", "en"), ("dark", "ar")])
def test_no_barrier_is_found_in_what_opens(scheme: Any, language: str, browser: Browser, site: Site) -> None:
    context, page, _ = log_in(browser, site, color_scheme=scheme, locale=language, bypass_csp=True)
    page.goto(f"{site.address}{site.pages()['conversation']}")
    page.wait_for_function("document.querySelector('convo-thread').rows.size > 0")
    row, body = page.locator(f"[data-message-id='{site.named}']"), page.locator("[data-body]")
    found: dict[str, Any] = {}

    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[popover] [data-do=react]:visible")).to_be_visible()
    found |= barriers(page, "menu")
    page.locator("[popover] [data-do=react]:visible").press("Enter")
    expect(page.locator("[popover].convo-picker")).to_be_visible()
    found |= barriers(page, "picker")
    page.keyboard.press("Escape")
    page.locator("[data-files]").set_input_files({"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Words."})
    expect(page.locator(".convo-upload progress")).to_be_hidden()
    found |= barriers(page, "upload")
    body.press_sequentially("@")
    expect(page.locator("[role=option]").first).to_be_visible()
    found |= barriers(page, "names")
    body.press("Escape")
    found |= barriers(page, "after the names")
    page.locator(".convo-upload button").click()
    context.set_offline(True)
    expect(page.locator("convo-thread [data-state=offline]")).to_be_visible()
    found |= barriers(page, "offline")
    context.set_offline(False)
    page.route("**/messages/", lambda route: route.fulfill(status=403, json={"detail": "No.", "code": "muted"}))
    body.fill("Refused")
    body.press("Enter")
    expect(page.locator(".convo-message [data-part=failed]:visible")).to_be_visible()
    found |= barriers(page, "refused")
    page.goto(f"{site.address}/chat/")
    page.locator(".convo-more-menu summary").click()
    found |= barriers(page, "more")
    context.close()

    assert found == {}


def barriers(page: Page, name: str) -> dict[str, Any]:
    violations = Axe().run(page, options=RULES).response["violations"]
    return {
        f"{name}: {item['id']}": [(node["html"][:200], node["failureSummary"][:300]) for node in item["nodes"][:3]]
        for item in violations
    }


@pytest.mark.parametrize("options", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["en", "ar"])
def test_nothing_is_wider_than_the_screen(language: str, options: Any, browser: Browser, site: Site) -> None:
    context, page, _ = log_in(browser, site, locale=language, **options)
    for path in site.pages().values():
        page.goto(f"{site.address}{path}")
        widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert widths[0] <= widths[1], path
    context.close()


def test_a_page_of_the_chat_is_as_high_as_the_window(browser: Browser, site: Site) -> None:
    """What scrolls does so within it: what is there for ears alone must not make the page itself longer."""
    context, page, _ = log_in(browser, site)
    for path in site.pages().values():
        page.goto(f"{site.address}{path}")
        if page.locator(".convo-app").count():
            heights = page.evaluate("[document.documentElement.scrollHeight, innerHeight]")
            assert heights[0] == heights[1], path
    context.close()


def test_a_script_leaves_a_short_conversation_where_it_is(browser: Browser, site: Site) -> None:
    tops = []
    for script in (False, True):
        context, page, _ = log_in(browser, site, java_script_enabled=script, bypass_csp=True)
        page.goto(f"{site.address}{site.pages()['direct']}")
        if script:
            page.wait_for_function("document.querySelector('convo-thread').rows.size > 0")
        box = page.locator(".convo-message").last.bounding_box()
        assert box is not None
        tops.append(box["y"])
        context.close()
    assert tops[0] == tops[1]


def test_times_are_those_of_the_visitor(browser: Browser, site: Site) -> None:
    """On the pages beside the conversation, too; the server knows its own time zone alone."""
    context, page, _ = log_in(browser, site, timezone_id="Pacific/Auckland", locale="de-DE")
    for name in ("search", "message", "sanctions"):
        page.goto(f"{site.address}{site.pages()[name]}")
        form = 'new Intl.DateTimeFormat("de", {dateStyle: "medium", timeStyle: "short"})'
        times = page.locator(".convo-column time")
        assert times.count() >= (2 if name == "sanctions" else 1)
        for time in times.all():
            moment = time.get_attribute("datetime")
            expect(time).to_have_text(page.evaluate(f"moment => {form}.format(new Date(moment))", moment))
    context.close()


def test_the_hosts_ring_is_not_drawn_within_ours(browser: Browser, site: Site) -> None:
    """The example rings all that has the focus; where one writes, the whole row has a ring already."""
    context, page, _ = log_in(browser, site)
    page.goto(f"{site.address}{site.pages()['direct']}")
    page.locator("[data-body]").focus()
    expect(page.locator("[data-body]")).to_have_css("outline-style", "none")
    expect(page.locator(".convo-composer-row")).not_to_have_css("box-shadow", "none")
    page.locator(".convo-send").focus()
    expect(page.locator(".convo-send")).to_have_css("outline-style", "solid")
    expect(page.locator(".convo-composer-row")).to_have_css("box-shadow", "none")
    context.close()


@pytest.mark.parametrize("script", [True, False], ids=["live", "without a script"])
def test_preview_is_cut_where_its_own_direction_ends(script: bool, browser: Browser, site: Site) -> None:
    """English in an Arabic inbox: what stands before it, though hidden, must not turn it round."""
    # Without a policy, since waiting for a function is to evaluate one.
    context, page, _ = log_in(browser, site, locale="ar", java_script_enabled=script, bypass_csp=True)
    page.goto(f"{site.address}/chat/")
    if script:
        page.wait_for_function("document.querySelector('convo-inbox').rows.size > 0")
    row = page.locator(".convo-row", has_text="Greta Halloran")
    expect(row.locator(".convo-excerpt")).to_have_css("direction", "ltr")
    expect(row.locator(".convo-excerpt")).to_have_css("text-overflow", "ellipsis")
    context.close()


@pytest.mark.parametrize("options", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_whoever_has_logged_in_is_at_their_messages(options: Any, browser: Browser, site: Site) -> None:
    context, page, _ = log_in(browser, site, **options)

    row = page.locator("convo-inbox .convo-row").first
    expect(row).to_be_in_viewport(ratio=1)
    row.locator("a").click()
    expect(page.locator("[data-composer]")).to_be_visible()
    context.close()


def test_one_pane_on_a_phone_and_two_on_a_desk(browser: Browser, site: Site) -> None:
    for options, panes in ((PHONE, (False, True)), (DESKTOP, (True, True))):
        context, page, _ = log_in(browser, site, **options)
        page.goto(f"{site.address}{site.pages()['conversation']}")
        shown = (page.locator(".convo-side").is_visible(), page.locator(".convo-page").is_visible())
        assert shown == panes
        context.close()


def test_keyboard_reaches_what_one_can_do_with_a_message(browser: Browser, site: Site) -> None:
    context, page, _ = log_in(browser, site)
    page.goto(f"{site.address}{site.pages()['direct']}")
    # Once the script has put rows of its own in the place of the server's.
    page.wait_for_load_state("networkidle")
    page.locator(".convo-message [data-do=reply]").first.focus()

    expect(page.locator(".convo-acts").first).to_have_css("opacity", "1")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    context.close()
