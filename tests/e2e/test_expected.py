"""What people expect of a chat, in real browsers over real uvicorn: done by one, seen by the others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.pictures import picture

from .client_site import MAYA, PATIENCE, TOMAS, LogIn, Person, Server, new_conversation, said, send

pytestmark = [pytest.mark.e2e]
KNOWN_DRAFT = """([id, text]) =>
  document.querySelector("convo-thread").client.conversation(id).membership.draft?.message_body === text"""


def body_of(person: Person) -> Any:
    return person.page.locator("[data-body]")


def choose(person: Person, text: str, act: str) -> None:
    """Do something with a message, by its menu."""
    person.row(text).hover()
    person.row(text).locator("[data-do=more]").first.click()
    person.page.locator(f"[popover] [data-do={act}]:visible").click()


# What one begins on one device and goes on with on another.


def test_draft_goes_along_from_one_device_to_the_other(people: LogIn, talk: str) -> None:
    desk, phone = people(MAYA), people(MAYA)
    desk.open(talk)
    phone.open(talk)
    body_of(phone).press_sequentially("half a thou")
    expect(body_of(desk)).to_have_value("half a thou")
    body_of(desk).press_sequentially("ght")
    expect(body_of(phone)).to_have_value("half a thought")
    # Sent there, it is not left here.
    body_of(phone).press("Enter")
    expect(desk.row("half a thought")).to_have_count(1)
    expect(body_of(desk)).to_have_value("")


def test_draft_of_another_device_leaves_what_is_being_written(people: LogIn, server: Server, talk: str) -> None:
    desk = people(MAYA)
    desk.open(talk)
    held: list[Route] = []
    desk.page.route("**/draft/", lambda route: held.append(route))
    with desk.page.expect_request("**/draft/"):
        body_of(desk).press_sequentially("my own words")
    server.api(MAYA).put(f"/conversations/{talk}/draft/", json={"message_body": "from elsewhere"})
    desk.page.wait_for_function(KNOWN_DRAFT, arg=[talk, "from elsewhere"])
    send(server, TOMAS, talk, "and something else happens")
    expect(desk.row("something else")).to_have_count(1)
    assert body_of(desk).input_value() == "my own words"
    # Nor when it has been kept, and something is added meanwhile.
    held[0].continue_()
    desk.page.wait_for_function(KNOWN_DRAFT, arg=[talk, "my own words"])
    with desk.page.expect_request("**/draft/"):
        body_of(desk).press_sequentially(", and more")
    server.api(MAYA).put(f"/conversations/{talk}/draft/", json={"message_body": "from elsewhere again"})
    desk.page.wait_for_function(KNOWN_DRAFT, arg=[talk, "from elsewhere again"])
    assert body_of(desk).input_value() == "my own words, and more"


def test_what_was_sent_while_its_draft_was_on_the_way_does_not_come_back(
    people: LogIn, server: Server, talk: str
) -> None:
    desk = people(MAYA)
    desk.open(talk)
    held: list[Route] = []
    desk.page.route(
        "**/draft/", lambda route: held.append(route) if route.request.method == "PUT" else route.continue_()
    )
    with desk.page.expect_request("**/draft/"):
        body_of(desk).press_sequentially("quickly said")
    body_of(desk).press("Enter")
    expect(desk.row("quickly said")).not_to_have_attribute("data-status", "sending")
    with desk.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        held[0].continue_()
    assert body_of(desk).input_value() == ""
    membership = server.api(MAYA).get(f"/conversations/{talk}/").json()["membership"]
    assert membership["draft"] is None


def test_draft_is_there_again_after_an_edit(people: LogIn, server: Server, talk: str) -> None:
    maya = people(MAYA)
    maya.open(talk)
    with maya.page.expect_response("**/draft/"):
        body_of(maya).press_sequentially("begun")
    choose(maya, "three", "edit")
    expect(body_of(maya)).to_have_value("three")
    body_of(maya).fill("three and a half")
    body_of(maya).press("Enter")
    expect(maya.row("three and a half")).to_have_count(1)
    expect(body_of(maya)).to_have_value("begun")
    assert server.api(MAYA).get(f"/conversations/{talk}/").json()["membership"]["draft"]["message_body"] == "begun"


# Files.


def test_file_is_dropped(people: LogIn, talk: str, tmp_path: Path) -> None:
    (tmp_path / "dropped.txt").write_text("some words")
    maya, tomas = people(MAYA), people(TOMAS)
    maya.open(talk)
    tomas.open(talk)
    box = maya.page.locator("[data-log]").bounding_box()
    assert box is not None
    # As the system's own file manager would: the browser itself makes the events.
    session = maya.context.new_cdp_session(maya.page)
    files = [str(tmp_path / "dropped.txt")]
    event = {"x": box["x"] + 100, "y": box["y"] + 100, "data": {"items": [], "files": files, "dragOperationsMask": 1}}
    thread = maya.page.locator("convo-thread")
    for name in ("dragEnter", "dragOver"):
        session.send("Input.dispatchDragEvent", {"type": name, **event})
    expect(thread).to_contain_class("convo-dropping")
    session.send("Input.dispatchDragEvent", {"type": "drop", **event})
    expect(maya.page.locator(".convo-upload")).to_contain_text("dropped.txt")
    expect(thread).not_to_contain_class("convo-dropping")
    expect(maya.page.locator(".convo-upload progress:visible")).to_have_count(0)
    maya.write("dropped here")
    expect(tomas.row("dropped here").locator(".convo-document")).to_contain_text("dropped.txt")


COPY_PICTURE = """async () => {
  const canvas = Object.assign(document.createElement("canvas"), {width: 40, height: 30});
  canvas.getContext("2d").fillRect(0, 0, 20, 30);
  const picture = await new Promise((done) => canvas.toBlob(done));
  await navigator.clipboard.write([new ClipboardItem({"image/png": picture})]);
}"""


def test_picture_is_pasted(people: LogIn, talk: str) -> None:
    maya, tomas = people(MAYA, permissions=["clipboard-read", "clipboard-write"]), people(TOMAS)
    maya.open(talk)
    tomas.open(talk)
    maya.page.bring_to_front()
    body_of(maya).fill("look: ")
    maya.page.evaluate(COPY_PICTURE)
    body_of(maya).press("Control+V")
    expect(maya.page.locator(".convo-upload")).to_have_count(1)
    expect(maya.page.locator(".convo-upload progress:visible")).to_have_count(0)
    preview = maya.page.locator(".convo-upload img")
    expect(preview).to_have_js_property("naturalWidth", 40)
    # Who would rather not send it takes it away by the button.
    expect(maya.page.locator(".convo-upload input")).to_be_hidden()
    body_of(maya).press("Enter")
    expect(preview).to_have_count(0)
    expect(tomas.row("look:").locator("img[data-slot=image]")).to_have_js_property("naturalWidth", 40)


def test_upload_shows_how_far_it_is_and_can_be_stopped(people: LogIn, talk: str, tmp_path: Path) -> None:
    (tmp_path / "slow.txt").write_text("some words")
    maya = people(MAYA)
    maya.open(talk)
    held: list[Route] = []
    maya.page.route("**/attachments/", lambda route: held.append(route))
    maya.page.locator("[data-files]").set_input_files(tmp_path / "slow.txt")
    expect(maya.page.locator(".convo-upload progress")).to_be_visible()
    # What is not there yet is not sent.
    maya.write("with a file")
    expect(body_of(maya)).to_have_value("with a file")
    maya.page.locator(".convo-upload [data-do=remove-upload]").click()
    expect(maya.page.locator(".convo-upload")).to_have_count(0)
    expect(maya.page.locator("convo-thread [data-state=error]")).to_be_hidden()
    body_of(maya).press("Enter")
    expect(maya.row("with a file")).to_have_count(1)


# Finding one's place.


def test_unread_line_and_the_way_to_it(people: LogIn, server: Server, talk: str) -> None:
    send(server, TOMAS, talk, *(f"line {count}." for count in range(70)))
    maya = people(MAYA)
    maya.open(talk)
    line = maya.page.locator("[data-unread-line]")
    expect(line).to_be_in_viewport()
    assert line.evaluate("line => line.nextElementSibling.querySelector('[data-slot=body]').textContent") == "line 0."


def test_first_unread_is_reached_from_far_away(people: LogIn, server: Server, talk: str) -> None:
    send(server, MAYA, talk, *(f"long ago {count}." for count in range(60)))
    send(server, TOMAS, talk, *(f"line {count}." for count in range(60)))
    maya = people(MAYA)
    maya.open(talk, "?around=1")
    expect(maya.row("one").first).to_be_in_viewport()
    link = maya.page.locator(".convo-jump [data-do=unread]")
    expect(link).to_be_visible()
    link.click()
    expect(maya.row("line 0.")).to_be_in_viewport()
    line = maya.page.locator("[data-unread-line]")
    expect(line).to_be_in_viewport()
    assert line.evaluate("line => line.nextElementSibling.querySelector('[data-slot=body]').textContent") == "line 0."
    expect(link).to_be_hidden()


def test_rows_of_one_person_are_grouped_below_a_line_for_the_day(people: LogIn, talk: str) -> None:
    maya = people(MAYA)
    maya.open(talk)
    expect(maya.page.locator(".convo-day").first).to_have_text("Today")
    grouped = maya.page.locator(".convo-message").evaluate_all("rows => rows.map((row) => 'grouped' in row.dataset)")
    assert grouped == [False, True, False]
    maya.write("four")
    expect(maya.row("four")).to_have_attribute("data-grouped", "")


FROM_THE_END = "log => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight)"


def test_whoever_is_at_the_end_stays_there(people: LogIn, server: Server, talk: str) -> None:
    """The field grows, and a line is put in above: neither covers what was said last."""
    send(server, MAYA, talk, *(f"line {count}." for count in range(40)))
    maya = people(MAYA)
    maya.open(talk)
    log = maya.page.locator("[data-log]")
    height = log.evaluate("log => log.clientHeight")
    body_of(maya).fill("one\ntwo\nthree\nfour")
    maya.page.wait_for_function("height => document.querySelector('[data-log]').clientHeight < height", arg=height)
    assert log.evaluate(FROM_THE_END) == 0
    maya.context.set_offline(True)
    expect(maya.page.locator("convo-thread [data-state=offline]")).to_be_visible()
    assert log.evaluate(FROM_THE_END) == 0
    # Whoever reads further up is left where they are.
    log.evaluate("log => { log.scrollTop = 100; }")
    body_of(maya).fill("")
    maya.page.wait_for_timeout(200)
    assert log.evaluate("log => log.scrollTop") == 100
    maya.context.set_offline(False)


def test_what_is_on_its_way_is_announced(people: LogIn, server: Server, talk: str) -> None:
    send(server, MAYA, talk, *(f"line {count}." for count in range(60)))
    maya = people(MAYA)
    held: list[Route] = []
    maya.page.route("**/messages/?before=*", lambda route: held.append(route))
    maya.open(talk)
    log = maya.page.locator("[data-log]")
    expect(log).not_to_have_attribute("data-loading", "")
    with maya.page.expect_request("**/messages/?before=*"):
        log.evaluate("log => { log.scrollTop = 0; }")
    expect(log).to_have_attribute("data-loading", "")
    animation = "getComputedStyle(document.querySelector('convo-thread .convo-states'), '::before').animationName"
    assert maya.page.evaluate(animation) == "convo-loading"
    held[0].continue_()
    expect(log).not_to_have_attribute("data-loading", "")
    expect(maya.row("one").first).to_be_attached()


def test_picture_has_its_place_before_it_is_there(people: LogIn, talk: str, tmp_path: Path) -> None:
    (tmp_path / "wide.png").write_bytes(picture("PNG", size=(640, 320)))
    maya = people(MAYA)
    maya.open(talk)
    maya.page.locator("[data-files]").set_input_files(tmp_path / "wide.png")
    expect(maya.page.locator(".convo-upload img")).to_be_visible()
    maya.write("wide")
    image = maya.row("wide").locator("img[data-slot=image]")
    expect(image).to_have_js_property("naturalWidth", 320)
    there = image.bounding_box()
    maya.page.route("**/files/**", lambda route: route.abort())
    maya.page.reload()
    maya.page.wait_for_function("document.querySelector('convo-thread')?.rows?.size > 0")
    assert image.evaluate("image => image.naturalWidth") == 0
    box = image.bounding_box()
    assert there is not None
    assert box is not None
    assert (box["width"], box["height"]) == (there["width"], there["height"])


# What moves does so for those alone who want it.


@pytest.mark.parametrize(("motion", "animation"), [("no-preference", "convo-found"), ("reduce", "none")])
def test_nothing_moves_for_whoever_wants_that(people: LogIn, talk: str, motion: str, animation: str) -> None:
    maya = people(MAYA, reduced_motion=motion)
    maya.open(talk, "?around=2")
    expect(maya.row("two")).to_have_attribute("data-found", "")
    names = maya.page.evaluate("getComputedStyle(document.querySelector('[data-found] .convo-bubble')).animationName")
    assert names == animation
    moving = """[...document.querySelectorAll(".convo *")].filter((one) => {
      const {transitionDuration, scrollBehavior} = getComputedStyle(one);
      return scrollBehavior !== "auto" || transitionDuration.split(", ").some((time) => time !== "0s");
    }).length"""
    if motion == "reduce":
        assert maya.page.evaluate(moving) == 0
        assert maya.page.evaluate("document.getAnimations().length") == 0


# The badge.


def badge_of(person: Person) -> int:
    return int(person.page.locator("convo-badge").get_attribute("data-unread") or 0)


def test_badge_goes_up_and_down(people: LogIn, server: Server, talk: str) -> None:
    maya = people(MAYA, color_scheme="light")
    maya.page.goto(f"{server.address}/")
    badge = maya.page.locator("convo-badge")
    before = badge_of(maya)
    send(server, TOMAS, talk, "news", "and more news")
    expect(badge).to_have_attribute("data-unread", str(before + 2))
    expect(badge.locator("[data-slot=count]")).to_have_text(str(before + 2))
    expect(badge.locator("[data-slot=label]")).to_have_text(f"Unread messages: {before + 2}")
    # Read on another device.
    phone = people(MAYA)
    phone.page.bring_to_front()
    phone.open(talk)
    expect(badge.locator("[data-slot=count]")).to_have_text(str(before))


def test_badge_alone_on_a_page_follows_within_a_minute(people: LogIn, server: Server, talk: str) -> None:
    maya = people(MAYA)
    maya.page.clock.install()
    maya.page.goto(f"{server.address}/stays/1/")
    assert maya.page.locator("convo-inbox, convo-thread").count() == 0
    before = badge_of(maya)
    send(server, TOMAS, talk, "news")
    maya.page.clock.run_for(61_000)
    expect(maya.page.locator("convo-badge [data-slot=count]")).to_have_text(str(before + 1))
    server.api(MAYA).post(f"/conversations/{talk}/read/", json={})
    maya.page.clock.run_for(61_000)
    expect(maya.page.locator("convo-badge")).to_have_attribute("data-unread", str(before))


# Copying.


def test_copying_says_so_and_the_menu_closes(people: LogIn, talk: str) -> None:
    maya = people(MAYA, permissions=["clipboard-read", "clipboard-write"])
    maya.open(talk)
    maya.page.bring_to_front()
    choose(maya, "two", "copy")
    item = maya.page.locator("[popover] [data-do=copy]")
    expect(item).to_have_text("Copied")
    expect(maya.page.locator("[popover] [role=status]")).to_have_text("Copied")
    assert maya.page.evaluate("navigator.clipboard.readText()") == "two"
    # After a moment, and the focus is where it was.
    expect(maya.page.locator("[popover]")).to_have_count(0)
    expect(maya.row("two").locator("[data-do=more]").first).to_be_focused()
    # The next menu knows nothing of it.
    maya.row("three").hover()
    maya.row("three").locator("[data-do=more]").first.click()
    expect(item).to_have_text("Copy text")


NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', {value: undefined})"
REFUSING = "navigator.clipboard.writeText = async () => { throw new DOMException('', 'NotAllowedError'); }"


@pytest.mark.parametrize("script", [NO_CLIPBOARD, REFUSING], ids=["plain http", "refused"])
def test_copying_that_is_refused_says_so_as_long_as_the_menu_is_open(people: LogIn, talk: str, script: str) -> None:
    maya = people(MAYA)
    maya.page.add_init_script(script)
    maya.open(talk)
    choose(maya, "two", "copy")
    expect(maya.page.locator("[popover] [data-do=copy]")).to_have_text("Could not be copied")
    expect(maya.page.locator("[popover] [role=status]")).to_have_text("Could not be copied")
    maya.page.wait_for_timeout(1500)
    expect(maya.page.locator("[popover]")).to_be_visible()
    maya.page.keyboard.press("Escape")
    expect(maya.page.locator("[popover]")).to_have_count(0)


def test_what_has_no_text_has_none_to_copy(people: LogIn, talk: str) -> None:
    maya = people(MAYA)
    maya.open(talk)
    maya.page.locator("[data-files]").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"Words."}
    )
    expect(maya.page.locator(".convo-upload progress")).to_be_hidden()
    body_of(maya).press("Enter")
    row = maya.page.locator(".convo-message", has_text="notes.txt")
    expect(row.locator("[data-slot=size]")).to_have_text("1 KB")
    row.hover()
    row.locator("[data-do=more]").click()
    expect(maya.page.locator("[popover] [data-do=save]")).to_be_visible()
    expect(maya.page.locator("[popover] [data-do=copy]")).to_be_hidden()


# Mentions, threads, pins.


def test_mention_is_completed_by_the_keyboard(people: LogIn, server: Server) -> None:
    talk = new_conversation(server, MAYA, TOMAS)
    send(server, MAYA, talk, "hello")
    (greta,) = server.api(MAYA).get("/users/?search=greta").json()["results"]
    server.api(MAYA).post(f"/conversations/{talk}/add_participant/", json={"user_id": greta["user_id"]})
    maya, tomas = people(MAYA), people(TOMAS)
    maya.open(talk)
    tomas.open(talk)
    body, options = body_of(maya), maya.page.locator("[role=option]")
    body.press_sequentially("@")
    expect(options).to_have_count(3)
    expect(options.first).to_have_attribute("aria-selected", "true")
    # Round, and round the other way.
    names = options.locator("[data-slot=name]").all_inner_texts()
    for key, place in (("ArrowUp", 2), ("ArrowDown", 0), ("ArrowDown", 1)):
        body.press(key)
        expect(options.nth(place)).to_have_attribute("aria-selected", "true")
        assert body.get_attribute("aria-activedescendant") == options.nth(place).get_attribute("id")
    body.press("Escape")
    expect(options).to_have_count(0)
    expect(body).to_have_value("@")
    body.press_sequentially("tom")
    expect(options).to_have_count(1)
    body.press("Tab")
    (name,) = [name for name in names if name.startswith("Tom")]
    expect(body).to_have_value(f"@{name} ")
    expect(body).to_be_focused()
    body.press_sequentially("do you hear?")
    body.press("Enter")
    expect(tomas.row("do you hear?").locator(".convo-mention[data-me]")).to_have_text(f"@{name}")


def test_thread_is_followed_from_both_sides(people: LogIn, server: Server, talk: str) -> None:
    maya, tomas = people(MAYA), people(TOMAS)
    maya.open(talk)
    tomas.open(talk)
    tomas.row("three").hover()
    tomas.row("three").locator("[data-do=more]").first.click()
    tomas.page.locator("[popover] [data-do=thread]:visible").click()
    tomas.page.wait_for_url("**/thread/**")
    tomas.page.wait_for_function("document.querySelector('convo-thread')?.rows?.size > 0")
    assert tomas.bodies() == ["three"]
    tomas.write("answered aside")
    link = maya.row("three").locator("[data-part=thread]")
    expect(link.locator("[data-slot=thread-count]")).to_have_text("1")
    link.click()
    maya.page.wait_for_function("document.querySelector('convo-thread')?.rows?.size > 1")
    maya.write("and answered back")
    expect(tomas.row("and answered back")).to_have_count(1)
    assert tomas.bodies() == ["three", "answered aside", "and answered back"]
    assert said(server, talk)[-2:] == ["answered aside", "and answered back"]


def test_pin_is_seen_by_everyone_and_taken_off_again(people: LogIn, talk: str) -> None:
    maya, tomas = people(MAYA), people(TOMAS)
    maya.open(talk)
    tomas.open(talk)
    choose(maya, "two", "pin")
    expect(tomas.row("two").locator("[data-part=pinned]")).to_be_visible()
    choose(tomas, "two", "unpin")
    expect(maya.row("two").locator("[data-part=pinned]")).to_be_hidden()


# One's own order.


def test_mute_pin_and_archive(people: LogIn, server: Server, talk: str) -> None:
    maya = people(MAYA)
    settings = f"{server.address}/chat/c/{talk}/settings/"
    row = maya.page.locator(f"[data-conversation-id='{talk}']")
    # The inbox beside it, on another device, follows.
    desk = people(MAYA)
    desk.page.goto(f"{server.address}/chat/")
    there = desk.page.locator(f"[data-conversation-id='{talk}']")
    expect(there).to_have_count(1)
    maya.page.goto(settings)
    maya.page.get_by_label("Mute", exact=True).select_option("week")
    maya.page.locator(".convo-section .convo-form button").first.click()
    expect(row.locator("[data-part=muted]")).to_be_visible()
    expect(there.locator("[data-part=muted]")).to_be_visible()
    maya.page.get_by_role("button", name="Pin to the top").click()
    expect(there.locator("[data-part=pinned]")).to_be_visible()
    maya.page.goto(settings)
    maya.page.get_by_role("button", name="Archive").click()
    expect(there).to_have_count(0)
    desk.page.goto(f"{server.address}/chat/?filter=archived")
    expect(there).to_have_count(1)


def test_block_and_report(people: LogIn, server: Server) -> None:
    tomas_id = server.api(TOMAS).get("/users/me/").json()["user_id"]
    talk = new_conversation(server, MAYA, TOMAS)
    send(server, TOMAS, talk, "buy my lamps")
    maya = people(MAYA)
    maya.open(talk)
    choose(maya, "buy my lamps", "report")
    maya.page.get_by_label("spam", exact=False).first.check()
    maya.page.locator("main .convo-form button").click()
    expect(maya.page.locator("main [role=status].convo-done")).to_be_visible()

    opened = server.api(MAYA).post("/conversations/", json={"participants": [tomas_id], "message_body": "hello"})
    direct = opened.json()["conversation_id"]
    maya.page.goto(f"{server.address}/chat/c/{direct}/settings/")
    maya.page.get_by_role("button", name="Block").click()
    expect(maya.page.locator("main .convo-card")).to_contain_text("Tom")
    refused = server.api(TOMAS).post(f"/conversations/{direct}/messages/", json={"message_body": "hello?"})
    assert refused.status_code == 403
    maya.page.get_by_role("button", name="Unblock").click()
    expect(maya.page.locator("main .convo-card")).to_have_count(0)
    sent = server.api(TOMAS).post(f"/conversations/{direct}/messages/", json={"message_body": "hello!"})
    assert sent.status_code == 201


# Nothing there yet, and somebody who is kept from speaking.


def test_nothing_has_been_said_yet(people: LogIn, server: Server) -> None:
    talk = new_conversation(server, MAYA, TOMAS)
    maya = people(MAYA)
    maya.page.goto(f"{server.address}/chat/c/{talk}/")
    empty = maya.page.locator("convo-thread [data-state=empty]")
    expect(empty).to_contain_text("Nothing has been said yet.")
    maya.page.wait_for_function("document.querySelector('convo-thread')?.client?.isLoaded", timeout=PATIENCE)
    expect(empty).to_be_visible()
    send(server, TOMAS, talk, "the first")
    expect(maya.row("the first")).to_have_count(1)
    expect(empty).to_be_hidden()


def test_whoever_is_muted_cannot_write_until_it_is_lifted(people: LogIn, server: Server, talk: str) -> None:
    maya, tomas = people(MAYA), people(TOMAS)
    tomas.open(talk)
    expect(tomas.page.locator("[data-composer]")).to_be_visible()
    maya.page.goto(f"{server.address}/chat/c/{talk}/members/")
    maya.page.get_by_role("link", name="Mute or ban Tom").click()
    maya.page.get_by_label("For how long").select_option("week")
    maya.page.get_by_label("Reason").fill("Lamps, lamps, lamps.")
    maya.page.get_by_role("button", name="Mute or ban").click()
    card = maya.page.locator("main .convo-card", has_text="Tom")
    expect(card).to_contain_text("Muted · until")
    tomas.write("may I?")
    expect(tomas.row("may I?")).to_contain_text("You are muted.")
    elsewhere = people(TOMAS)
    elsewhere.page.goto(f"{server.address}/chat/c/{talk}/")
    expect(elsewhere.page.locator(".convo-locked")).to_be_visible()
    assert elsewhere.page.locator("[data-composer]").count() == 0
    card.get_by_role("button", name="Lift").click()
    expect(maya.page.locator("main .convo-card")).to_have_count(0)
    tomas.row("may I?").locator("[data-do=retry]").click()
    expect(tomas.row("may I?")).not_to_have_attribute("data-status", re.compile(".*"))
    assert said(server, talk)[-1] == "may I?"


# Before one is somebody.


@pytest.mark.parametrize("language", ["en", "de", "es", "ar"])
def test_whom_to_be_is_chosen_on_a_narrow_phone(language: str, browser: Browser, server: Server) -> None:
    context = browser.new_context(locale=language, viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(f"{server.address}/accounts/login/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.locator("form.login button").first.click()
    expect(page.locator("h1")).to_contain_text("Maya")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()
