"""Two people in two browsers, over real uvicorn: what one does, the other sees."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from .client_site import MAYA, TOMAS, LogIn, Server, new_conversation, said, send

pytestmark = [pytest.mark.e2e]
IS_ONLINE = """(transport) => {
  const {client} = document.querySelector("convo-thread");
  return client.status === "online" && client.transport === transport;
}"""


@pytest.mark.parametrize("transport", ["socket", "stream", "poll"])
def test_two_people_chat(people: LogIn, talk: str, transport: str) -> None:
    maya, tomas = people(MAYA), people(TOMAS)
    for person in (maya, tomas):
        person.use(transport)
        person.open(talk)
        person.page.wait_for_function(IS_ONLINE, arg=transport)
    maya.write("Is the lamp lit?")
    expect(maya.row("Is the lamp lit?")).to_have_count(1)
    expect(tomas.row("Is the lamp lit?")).to_have_count(1)
    expect(tomas.row("Is the lamp lit?")).not_to_have_attribute("data-own", "")
    tomas.write("It is.")
    expect(maya.row("It is.")).to_have_count(1)
    expect(maya.row("Is the lamp lit?")).to_have_attribute("data-own", "")
    assert maya.bodies() == tomas.bodies() == ["one", "two", "three", "Is the lamp lit?", "It is."]


def test_typing_and_presence(people: LogIn, server: Server) -> None:
    tomas_id = server.api(TOMAS).get("/users/me/").json()["user_id"]
    direct = (
        server.api(MAYA).post("/conversations/", json={"participants": [tomas_id], "message_body": "hello"}).json()
    )
    maya, tomas = people(MAYA), people(TOMAS)
    maya.open(direct["conversation_id"])
    tomas.open(direct["conversation_id"])
    tomas.page.locator("[data-body]").press_sequentially("I am")
    typing = maya.page.locator("[data-slot=typing]")
    expect(typing).to_contain_text("Tom")
    # What paragraphs are given in general does not overrule what this one is given.
    expect(typing).to_have_css("padding-inline-start", "20px")
    expect(maya.page.locator("[data-slot=presence]")).to_have_text("Online")
    tomas.page.locator("[data-body]").fill("")
    expect(maya.page.locator("[data-slot=typing]")).to_have_text("")
    # And what was seen is ticked off.
    maya.write("do you see this?")
    tomas.page.bring_to_front()
    expect(maya.row("do you see this?").locator("[data-ticks=read]")).to_have_count(1)


def test_edit_delete_react_and_answer(people: LogIn, talk: str) -> None:
    maya, tomas = people(MAYA), people(TOMAS)
    maya.open(talk)
    tomas.open(talk)
    # By the keyboard alone: the last message of one's own, by the arrow in an empty field.
    maya.page.locator("[data-body]").press("ArrowUp")
    expect(maya.page.locator("[data-body]")).to_have_value("three")
    maya.write("three, and a half")
    expect(tomas.row("three, and a half").locator("[data-part=edited]")).to_be_visible()
    # An answer, with its quote.
    tomas.row("three, and a half").hover()
    tomas.row("three, and a half").locator("[data-do=reply]").first.click()
    expect(tomas.page.locator("[data-reply-bar]")).to_be_visible()
    tomas.write("an answer")
    expect(maya.row("an answer").locator("[data-slot=quote-excerpt]")).to_have_text("three, and a half")
    # A reaction, and its being taken back.
    maya.row("an answer").hover()
    maya.row("an answer").locator("[data-do=react]").first.click()
    maya.page.locator("[popover] [data-emoji]").first.click()
    reaction = tomas.row("an answer").locator("[data-part=reactions] button")
    expect(reaction).to_have_count(1)
    expect(reaction).to_have_attribute("aria-pressed", "false")
    reaction.click()
    expect(maya.row("an answer").locator("[data-part=reactions] [data-slot=count]")).to_have_text("2")
    # The menu: deleted for everyone.
    tomas.row("an answer").hover()
    tomas.row("an answer").locator("[data-do=more]").first.click()
    tomas.page.locator("[popover] [data-do=delete]:visible").click()
    expect(maya.page.locator(".convo-message[data-deleted]")).to_have_count(1)
    expect(tomas.page.locator(".convo-message[data-deleted] [data-do=restore]")).to_be_visible()
    tomas.page.locator(".convo-message[data-deleted] [data-do=restore]").click()
    expect(maya.row("an answer")).to_have_count(1)


def test_keyboard_alone(people: LogIn, talk: str) -> None:
    maya = people(MAYA)
    maya.open(talk)
    keyboard = maya.page.keyboard
    maya.page.locator("[data-log]").focus()
    keyboard.press("ArrowUp")
    expect(maya.row("three")).to_be_focused()
    keyboard.press("ArrowUp")
    expect(maya.row("two")).to_be_focused()
    keyboard.press("Enter")
    expect(maya.page.locator("[popover] :focus")).to_have_count(1)
    keyboard.press("ArrowDown")
    keyboard.press("Escape")
    expect(maya.page.locator("[popover]")).to_have_count(0)
    maya.row("two").focus()
    keyboard.press("Escape")
    expect(maya.page.locator("[data-body]")).to_be_focused()
    keyboard.type("first line")
    keyboard.press("Shift+Enter")
    keyboard.type("second line")
    keyboard.press("Enter")
    expect(maya.row("second line")).to_contain_text("first line")


def test_focus_stays_with_the_message_that_is_replaced(people: LogIn, talk: str) -> None:
    maya = people(MAYA)
    maya.open(talk)
    keyboard = maya.page.keyboard
    maya.row("three").focus()
    keyboard.press("Enter")
    maya.page.locator("[popover] [data-do=delete]:visible").press("Enter")
    deleted = maya.page.locator(".convo-message[data-deleted]")
    expect(deleted).to_be_focused()
    deleted.locator("[data-do=restore]").press("Enter")
    expect(maya.row("three")).to_be_focused()


def test_server_killed_and_started_again_in_the_middle(people: LogIn, server: Server, talk: str) -> None:
    maya, tomas = people(MAYA), people(TOMAS)
    maya.open(talk)
    tomas.open(talk)
    maya.write("before")
    expect(tomas.row("before")).to_have_count(1)
    server.kill()
    maya.write("during, by maya")
    tomas.write("during, by tomas")
    expect(maya.row("during, by maya")).to_have_attribute("data-status", re.compile("sending|queued"))
    expect(maya.page.locator("convo-thread [data-state=offline]")).to_be_visible()
    server.start()
    send(server, TOMAS, talk, "from elsewhere")
    for person in (maya, tomas):
        for text in ("during, by maya", "during, by tomas", "from elsewhere"):
            expect(person.row(text)).to_have_count(1)
    expect(maya.page.locator("convo-thread [data-state=offline]")).to_be_hidden()
    maya.write("after")
    expect(tomas.row("after")).to_have_count(1)
    truth = said(server, talk)
    assert len(truth) == len(set(truth)) == 8
    assert maya.bodies() == tomas.bodies() == truth


def test_written_offline_is_sent_once(people: LogIn, server: Server, talk: str) -> None:
    maya = people(MAYA)
    maya.open(talk)
    maya.context.set_offline(True)
    maya.write("from the train")
    maya.write("and another")
    expect(maya.row("from the train")).to_have_attribute("data-status", "queued")
    expect(maya.page.locator("convo-thread [data-state=offline]")).to_be_visible()
    assert "from the train" not in said(server, talk)
    maya.context.set_offline(False)
    expect(maya.row("and another")).not_to_have_attribute("data-status", re.compile(".*"))
    assert said(server, talk)[-2:] == ["from the train", "and another"]
    # Left unsent by one page, sent by the next.
    maya.context.set_offline(True)
    maya.write("left behind")
    expect(maya.row("left behind")).to_have_count(1)
    maya.page.evaluate("window.stop()")
    maya.context.set_offline(False)
    maya.open(talk)
    expect(maya.row("left behind")).not_to_have_attribute("data-status", re.compile(".*"))
    assert said(server, talk).count("left behind") == 1


def test_refused_message_can_be_given_up(people: LogIn, server: Server, talk: str) -> None:
    maya = people(MAYA)
    maya.open(talk)
    refusal = {"code": "muted", "detail": "You are muted."}
    is_send = re.compile(r"/messages/$")
    maya.page.route(is_send, lambda route: route.fulfill(status=403, json=refusal))
    maya.write("unwanted")
    expect(maya.row("unwanted")).to_have_attribute("data-status", "failed")
    expect(maya.row("unwanted")).to_contain_text("You are muted.")
    maya.page.unroute(is_send)
    maya.row("unwanted").locator("[data-do=retry]").click()
    expect(maya.row("unwanted")).not_to_have_attribute("data-status", re.compile(".*"))
    assert said(server, talk)[-1] == "unwanted"


def test_closed_while_one_looks(people: LogIn, server: Server, talk: str) -> None:
    maya, owner = people(MAYA), server.api(MAYA)
    maya.open(talk)
    expect(maya.page.locator("[data-composer]")).to_be_visible()
    assert owner.post(f"/conversations/{talk}/close/").status_code == 200
    expect(maya.page.locator("[data-composer]")).to_be_hidden()
    expect(maya.page.locator("convo-thread [data-state=error]")).to_contain_text("closed")
    assert owner.post(f"/conversations/{talk}/reopen/").status_code == 200
    expect(maya.page.locator("[data-composer]")).to_be_visible()


HOSTILE = (
    "<img src=x onerror=window.hurt=1><script>window.hurt=1</script>",
    'javascript:window.hurt=1 http://x.example/"onmouseover=window.hurt=1 https://ok.example/a.',
    "</li></template><svg onload=window.hurt=1>",
    "{{7*7}} ${window.hurt=1} \u202eRTL\u202c &lt;b&gt;",
)


def test_hostile_bodies_run_no_script(people: LogIn, server: Server, talk: str) -> None:
    maya = people(MAYA)
    maya.open(talk)
    send(server, TOMAS, talk, *HOSTILE)
    expect(maya.page.locator(".convo-message")).to_have_count(7)
    assert maya.bodies()[3:] == list(HOSTILE)
    maya.page.wait_for_timeout(300)
    assert maya.page.evaluate("window.hurt") is None
    assert maya.page.locator(".convo-message :is(img[src=x], script, svg[onload])").count() == 0
    links = maya.page.locator(".convo-body a").evaluate_all("links => links.map((link) => [link.href, link.rel])")
    assert [href for href, _ in links] == ["http://x.example/%22onmouseover=window.hurt=1", "https://ok.example/a"]
    assert {rel for _, rel in links} == {"nofollow noopener ugc"}


def test_hostile_names_run_no_script(people: LogIn, server: Server) -> None:
    name = "<img src=x onerror=window.hurt=1>"
    account = {
        "first_name": name,
        "last_name": "<b>",
        "email": "mallory@lantern.example",
        "password": "lantern-demo-1",
    }
    answer = httpx.post(f"{server.address}/api/users/", json=account, trust_env=False)
    assert answer.status_code == 201, answer.text
    key = new_conversation(server, MAYA, TOMAS, title=name)
    mallory = answer.json()["user_id"]
    assert (
        server.api(MAYA).post(f"/conversations/{key}/add_participant/", json={"user_id": mallory}).status_code == 200
    )
    with httpx.Client(
        base_url=f"{server.address}/api", auth=("mallory@lantern.example", "lantern-demo-1"), trust_env=False
    ) as client:
        client.post(f"/conversations/{key}/messages/", json={"message_body": "hello"})
    maya = people(MAYA)
    maya.open(key)
    expect(maya.row("hello").locator("[data-slot=sender]")).to_have_text(f"{name} <b>")
    maya.page.locator("[data-body]").press_sequentially("@<i")
    expect(maya.page.locator("[role=option]")).to_contain_text(name)
    maya.page.keyboard.press("Enter")
    expect(maya.page.locator("[data-body]")).to_have_value(f"@{name} <b> ")
    maya.page.keyboard.press("Enter")
    expect(maya.page.locator(".convo-mention")).to_have_text(f"@{name} <b>")
    assert maya.page.evaluate("window.hurt") is None


PASTE = """() => {
  const data = new DataTransfer();
  data.items.add(new File(["pasted"], "pasted.txt", {type: "text/plain"}));
  const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
  document.querySelector("[data-body]").dispatchEvent(event);
}"""


def test_files_by_choosing_and_pasting(people: LogIn, talk: str, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (64, 48), "teal").save(tmp_path / "lamp.png")
    (tmp_path / "notes.txt").write_text("some words")
    maya, tomas = people(MAYA), people(TOMAS)
    maya.open(talk)
    tomas.open(talk)
    maya.page.locator("[data-files]").set_input_files([tmp_path / "lamp.png", tmp_path / "notes.txt"])
    expect(maya.page.locator(".convo-upload")).to_have_count(2)
    expect(maya.page.locator(".convo-upload progress:visible")).to_have_count(0)
    maya.write("with files")
    expect(maya.page.locator(".convo-upload")).to_have_count(0)
    row = tomas.row("with files")
    expect(row.locator("img[data-slot=image]")).to_have_count(1)
    expect(row.locator(".convo-document")).to_contain_text("notes.txt")
    tomas.page.wait_for_function(
        "[...document.querySelectorAll('img[data-slot=image]')].every((one) => one.naturalWidth)"
    )
    maya.page.evaluate(PASTE)
    expect(maya.page.locator(".convo-upload")).to_contain_text("pasted.txt")
    maya.page.locator(".convo-upload [data-do=remove-upload]").click()
    expect(maya.page.locator(".convo-upload")).to_have_count(0)


def test_inbox_and_badge_follow(people: LogIn, server: Server, talk: str) -> None:
    maya = people(MAYA)
    maya.page.goto(f"{server.address}/chat/")
    row = maya.page.locator(f"[data-conversation-id='{talk}']")
    send(server, TOMAS, talk, "news for the inbox")
    expect(row.locator("[data-slot=excerpt]")).to_have_text("news for the inbox")
    expect(row.locator("[data-slot=unread]")).to_have_text("1")
    expect(maya.page.locator(".convo-row:not([data-pinned])").first).to_have_attribute("data-conversation-id", talk)
    server.api(MAYA).post(f"/conversations/{talk}/read/", json={})
    expect(row.locator("[data-slot=unread]")).to_be_hidden()


def test_read_when_seen_and_not_before(people: LogIn, server: Server, talk: str) -> None:
    maya = people(MAYA)
    maya.open(talk)
    send(server, TOMAS, talk, *(f"line {count}" for count in range(40)))
    expect(maya.row("line 39")).to_have_count(1)
    maya.page.wait_for_timeout(1500)
    assert server.api(MAYA).get(f"/conversations/{talk}/").json()["unread_count"] == 0
    # Looking at what is old, one does not read what is new.
    maya.page.locator("[data-log]").evaluate("log => { log.scrollTop = 0; }")
    send(server, TOMAS, talk, "unseen")
    expect(maya.page.locator(".convo-jump [data-do=end]")).to_contain_text("1")
    assert server.api(MAYA).get(f"/conversations/{talk}/").json()["unread_count"] == 1
    maya.page.locator(".convo-jump [data-do=end]").click()
    maya.page.wait_for_timeout(1500)
    assert server.api(MAYA).get(f"/conversations/{talk}/").json()["unread_count"] == 0


def test_draft_is_there_on_the_next_visit(people: LogIn, talk: str) -> None:
    maya = people(MAYA)
    maya.open(talk)
    with maya.page.expect_response(lambda answer: answer.url.endswith("/draft/")):
        maya.page.locator("[data-body]").press_sequentially("half a thou")
    maya.open(talk)
    expect(maya.page.locator("[data-body]")).to_have_value("half a thou")
