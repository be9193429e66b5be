"""A long history, and what a page costs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from .client_site import MAYA, TOMAS, Person, Server, log_in, new_conversation, send

pytestmark = [pytest.mark.e2e]
LENGTH = 10_000
FILL = """
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.utils import timezone
from django_convo.models import Participant, get_conversation_model, get_message_model
conversation = get_conversation_model().objects.get(pk="{key}")
users = [get_user_model().objects.get(email=email) for email in ("{tomas}", "{maya}")]
began = timezone.now() - timedelta(days=20)
rows = get_message_model().objects.bulk_create([
    get_message_model()(
        conversation=conversation, sender=users[number // 3 % 2], seq=number, count_seq=number,
        message_body=f"number {{number}} " + "word " * (number % 17), sent_at=began + timedelta(minutes=2 * number),
    )
    for number in range(1, {length} + 1)
], batch_size=500)
conversation.last_seq = conversation.count_seq = {length}
conversation.last_message_id, conversation.last_message_at = rows[-1].pk, rows[-1].sent_at
conversation.save()
Participant.objects.filter(conversation=conversation).update(last_read_seq={length}, read_count_seq={length})
"""


@pytest.fixture(scope="module")
def history(server: Server) -> str:
    """A conversation of ten thousand messages."""
    key = new_conversation(server, MAYA, TOMAS, title="Long")
    server.site.python(FILL.format(key=key, maya=MAYA, tomas=TOMAS, length=LENGTH))
    return key


@pytest.fixture
def maya(browser: Browser, server: Server) -> Iterator[Person]:
    person = log_in(browser, server, MAYA)
    yield person
    assert person.complaints == []
    person.context.close()


# Scrolls up by small steps and notes, for a row in sight, how far it moved from one step to the next beside the step.
SCROLL = """async ({direction, steps}) => {
  const log = document.querySelector("[data-log]");
  const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  let worst = 0;
  for (let step = 0; step < steps; step++) {
    log.scrollTop += direction * 400;
    await frame();
    const box = log.getBoundingClientRect();
    const rows = [...document.querySelectorAll(".convo-message")];
    const row = rows.find((one) => one.getBoundingClientRect().top > box.top + 40);
    const before = row.getBoundingClientRect().top;
    for (let wait = 0; wait < 6; wait++) {
      await frame();
      if (row.isConnected) worst = Math.max(worst, Math.abs(row.getBoundingClientRect().top - before));
    }
  }
  const seqs = [...document.querySelectorAll(".convo-message")].map((one) => Number(one.dataset.seq));
  return {worst, seqs, nodes: document.querySelectorAll(".convo-message").length};
}"""


WATCH_SHIFTS = """() => {
  window.shifts = [];
  const isInThread = ({node}) => !!(node?.nodeType === 1 ? node : node?.parentElement)?.closest("convo-thread");
  new PerformanceObserver((list) => {
    for (const {value, sources} of list.getEntries()) window.shifts.push([value, sources.some(isInThread)]);
  }).observe({type: "layout-shift", buffered: false});
}"""
WATCH_ROWS = """() => {
  window.added = [];
  new MutationObserver((changes) => {
    for (const {addedNodes} of changes) {
      for (const node of addedNodes) if (node.nodeType === 1) window.added.push(node.className);
    }
  }).observe(document.querySelector("convo-thread [data-list]"), {childList: true, subtree: true});
}"""
WEIGHT = """() => performance.getEntriesByType("resource")
  .filter((one) => one.name.includes("/convo_ui/")).reduce((sum, one) => sum + one.decodedBodySize, 0)"""


def test_history_is_scrolled_without_a_jump_and_without_growing(maya: Person, history: str) -> None:
    maya.open(history)
    expect(maya.row(f"number {LENGTH} ")).to_be_visible()
    up = maya.page.evaluate(SCROLL, {"direction": -1, "steps": 120})
    assert up["worst"] <= 1, f"a row in sight moved by {up['worst']} px"
    assert up["seqs"] == list(range(up["seqs"][0], up["seqs"][-1] + 1)), "no hole"
    assert up["seqs"][0] < LENGTH - 700
    assert up["nodes"] <= 450
    down = maya.page.evaluate(SCROLL, {"direction": 1, "steps": 140})
    assert down["worst"] <= 1, f"a row in sight moved by {down['worst']} px"
    assert down["seqs"] == list(range(down["seqs"][0], down["seqs"][-1] + 1))
    assert down["nodes"] <= 450


def test_jump_far_back_and_to_the_newest(maya: Person, history: str, server: Server) -> None:
    maya.open(history, "?around=1000")
    expect(maya.row("number 1000 ")).to_be_in_viewport()
    send(server, TOMAS, history, "quite new")
    maya.page.locator(".convo-jump [data-do=end]").click()
    expect(maya.row("quite new")).to_be_in_viewport()


DAY = """
from datetime import datetime, time, timedelta, timezone as zones
from django.utils import timezone
from django_convo.models import get_message_model
day = timezone.now().date() - timedelta(days=10)
since = datetime.combine(day, time.min, tzinfo=zones.utc)
print(day, get_message_model().objects.filter(conversation="{key}", sent_at__gte=since).order_by("seq").first().seq)
"""


def test_jump_to_a_day(browser: Browser, history: str, server: Server) -> None:
    day, seq = server.site.python(DAY.format(key=history)).split()
    maya = log_in(browser, server, MAYA, timezone_id="UTC")
    maya.page.goto(f"{server.address}/chat/c/{history}/settings/")
    maya.page.get_by_label("Go to a day").fill(day)
    maya.page.get_by_role("button", name="Go", exact=True).click()
    maya.page.wait_for_function("document.querySelector('convo-thread')?.rows?.size > 0")
    row = maya.row(f"number {seq} ")
    expect(row).to_be_in_viewport()
    # It is the first below the line of that day.
    assert "convo-day" in row.evaluate("row => row.previousElementSibling.className")
    maya.context.close()


def test_new_message_shifts_nothing(maya: Person, history: str, server: Server) -> None:
    maya.open(history)
    maya.page.wait_for_timeout(1000)
    maya.page.evaluate(WATCH_SHIFTS)
    for count in range(5):
        send(server, TOMAS, history, f"shift {count}")
        expect(maya.row(f"shift {count}")).to_be_in_viewport()
    maya.page.wait_for_timeout(500)
    shifts = maya.page.evaluate("window.shifts")
    assert [value for value, is_in_thread in shifts if is_in_thread] == []
    # Beside it, the conversation moves to the top of the inbox. 0.1 is called good.
    assert sum(value for value, _ in shifts) < 0.05


def test_log_takes_rows_over_without_reading_them_out(maya: Person, history: str, server: Server) -> None:
    """Only what is new is put into the log, and rows that are there are left alone."""
    maya.open(history)
    maya.page.wait_for_function("document.querySelector('[data-log]').getAttribute('aria-busy') === 'false'")
    maya.page.evaluate(WATCH_ROWS)
    send(server, TOMAS, history, "hear this once")
    expect(maya.row("hear this once")).to_have_count(1)
    maya.page.wait_for_timeout(5000)
    added = [name for name in maya.page.evaluate("window.added") if name != "convo-day"]
    assert added == ["convo-message"]


def test_what_a_page_costs(browser: Browser, server: Server, history: str) -> None:
    person = log_in(browser, server, MAYA)
    asked: list[str] = []
    person.page.on("request", lambda request: asked.append(request.url.removeprefix(server.address)))
    person.open(history)
    person.page.wait_for_timeout(4000)
    calls = [one for one in asked if "/api/" in one]
    # Configuration, oneself, the list or the first catching up, the conversation, its messages; then one poll.
    assert len(calls) <= 8, calls
    assert len([one for one in asked if "/static/convo_ui/" in one]) == 2, asked
    weight = person.page.evaluate(WEIGHT)
    assert weight <= 110_000
    person.context.close()
