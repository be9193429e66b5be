"""What every broker does, with its real server and several processes: it carries hints, and holds nobody up."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
import time
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as django_settings

from django_convo import actions
from django_convo.realtime.brokers import Listener, get_broker
from django_convo.realtime.brokers.base import Buckets, bucket_of, conversation_topic, decode, encode, topic_of
from django_convo.realtime.brokers.channels import GROUPS, ChannelsListener
from django_convo.realtime.brokers.outbox import Outbox
from django_convo.testing.sockets import SocketClient, call
from django_convo.types import Hint, HintKind
from tests.people import bodies_of, make_user
from tests.realtime.conftest import run
from tests.realtime.servers import Place, place_of

# Of the database broker, which can be imported only where PostgreSQL's driver is.
CHANNELS = 128
IS_POSTGRES = "postgresql" in django_settings.DATABASES["default"]["ENGINE"]
PLACES = ["memory", "pubsub", "redis", "cluster", *(["postgres"] if IS_POSTGRES else [])]
BURST = 2_000

# Layers leave the connections to a server that is gone to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture(scope="module", params=PLACES)
def there(request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: Any) -> Iterator[Place]:
    """A kind of broker, with its server."""
    place = place_of(request.param)
    yield place
    with django_db_blocker.unblock():
        place.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def place(there: Place, settings: Any, transactional_db: None) -> Place:
    """The same, used by this process."""
    settings.CHANNEL_LAYERS = there.layers()
    settings.CONVO_REALTIME_BROKER = there.broker
    return there


@pytest.fixture
def shared(place: Place) -> Place:
    """One that reaches other processes."""
    assert get_broker().supports_processes == place.has_processes
    if not place.has_processes:
        pytest.skip("Within one process.")
    return place


def hint_of(conversation_id: UUID, number: int = 1) -> Hint:
    return Hint(kind=HintKind.EVENT, conversation_id=conversation_id, number=number)


class Ear:
    """A listener that keeps what it hears."""

    def __init__(self, *topics: str) -> None:
        self._topics = topics
        self.hints: list[Hint] = []
        self.losses = 0

    async def __aenter__(self) -> Ear:
        self._heard = asyncio.Event()
        self.listener: Listener = await get_broker().listen(self._hear, self._lose)
        await self.listener.add(self._topics)
        if self._topics:
            # Each kind takes its time to begin: until then, hints are lost, as they may be.
            probe = make_probe(self._topics[0])
            await self.until(lambda: probe in self.hints, again=lambda: get_broker().publish(probe))
            self.hints.clear()
            await asyncio.sleep(0.1)
            self.hints.clear()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.listener.close()

    async def until(self, is_so: Any, *, again: Any = None, seconds: float = 20) -> None:
        """Wait until something has been heard, while repeating something twenty times a second."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while not is_so():
            assert loop.time() < end, f"not heard: {self.hints[-5:]}"
            if again is not None:
                again()
            await asyncio.sleep(0.05)

    async def hear(self, count: int, *, seconds: float = 20) -> list[Hint]:
        """Return what is heard, once it is so much."""
        await self.until(lambda: len(self.hints) >= count, seconds=seconds)
        return self.hints

    def _hear(self, hint: Hint) -> None:
        self.hints.append(hint)

    def _lose(self) -> None:
        self.losses += 1


def make_probe(topic: str) -> Hint:
    """Return a hint that belongs to the topic of a conversation."""
    return hint_of(UUID(topic.partition(":")[2]), number=0)


def another(key: UUID, *, is_neighbour: bool) -> UUID:
    """Return the key of another conversation that shares the channel or group of the first, or does not."""
    while True:
        other = uuid4()
        # As many as the broker with the most; that with fewer divides it.
        is_near = bucket_of(conversation_topic(other), GROUPS) == bucket_of(conversation_topic(key), GROUPS)
        is_far = bucket_of(conversation_topic(other), CHANNELS) != bucket_of(conversation_topic(key), CHANNELS)
        if is_near if is_neighbour else is_far:
            return other


def test_hint_is_heard_as_it_was_said(place: Place) -> None:
    user, other, key = make_user("ada"), make_user("bob"), uuid4()
    hints = [
        Hint(kind=HintKind.EVENT, conversation_id=key, number=2**40),
        Hint(kind=HintKind.ACCESS, conversation_id=key),
        Hint(kind=HintKind.OWN, conversation_id=key, user_id=user.pk),
        Hint(kind=HintKind.LOGIN, user_id=user.pk),
        Hint(kind=HintKind.READ, conversation_id=key, user_id=user.pk, number=7),
        Hint(kind=HintKind.DELIVERED, conversation_id=key, user_id=user.pk, number=7),
        Hint(kind=HintKind.TYPING, conversation_id=key, user_id=user.pk, is_on=False),
        Hint(kind=HintKind.PRESENCE, user_ids=(user.pk, other.pk), is_on=True, origin="a hub"),
    ]
    assert {hint.kind for hint in hints} == set(HintKind)

    async def test() -> None:
        async with Ear(conversation_topic(key)) as ear:
            await ear.listener.add({topic_of(hint) for hint in hints} - {conversation_topic(key)})
            await asyncio.sleep(0.2)
            for hint in hints:
                get_broker().publish(hint)
            assert await ear.hear(len(hints)) == hints

    run(test())


def test_hint_is_heard_by_those_alone_who_listen_to_its_topic(place: Place) -> None:
    first = uuid4()
    second = another(first, is_neighbour=False)

    async def test() -> None:
        async with Ear(conversation_topic(first)) as one, Ear(conversation_topic(second)) as two:
            get_broker().publish(hint_of(first))
            get_broker().publish(hint_of(second))
            await one.hear(1)
            await two.hear(1)
            await asyncio.sleep(0.1)
            assert (one.hints, two.hints) == ([hint_of(first)], [hint_of(second)])

    run(test())


def test_hint_is_heard_by_all_who_listen(place: Place) -> None:
    key = uuid4()

    async def test() -> None:
        async with Ear(conversation_topic(key)) as one, Ear(conversation_topic(key)) as two:
            one.hints.clear()
            get_broker().publish(hint_of(key))
            assert await one.hear(1) == await two.hear(1) == [hint_of(key)]

    run(test())


def test_topic_that_is_dropped_is_heard_no_more_and_its_neighbour_still_is(place: Place) -> None:
    first = uuid4()
    neighbour = another(first, is_neighbour=True)

    async def test() -> None:
        async with Ear(conversation_topic(first)) as ear:
            await ear.listener.add([conversation_topic(neighbour)])
            await ear.listener.drop([conversation_topic(first)])
            await asyncio.sleep(0.2)
            get_broker().publish(hint_of(neighbour))
            await ear.until(lambda: hint_of(neighbour) in ear.hints)
            await ear.listener.drop([conversation_topic(neighbour)])
            await asyncio.sleep(0.2)
            ear.hints.clear()
            for key in (first, neighbour):
                get_broker().publish(hint_of(key, 2))
            await asyncio.sleep(0.3)
            assert ear.hints == []
            await ear.listener.add([conversation_topic(first)])
            await ear.until(lambda: ear.hints, again=lambda: get_broker().publish(hint_of(first, 3)))

    run(test())


def test_hint_is_published_from_any_thread(place: Place) -> None:
    key = uuid4()

    async def test() -> None:
        async with Ear(conversation_topic(key)) as ear:
            threads = [
                threading.Thread(target=get_broker().publish, args=[hint_of(key, number)]) for number in range(1, 9)
            ]
            for thread in threads:
                thread.start()
            heard = await ear.hear(8)
            assert {hint.number for hint in heard} == set(range(1, 9))

    run(test())


def test_burst_is_heard_in_order_and_does_not_hold_up_who_publishes(place: Place) -> None:
    key = uuid4()

    async def test() -> None:
        async with Ear(conversation_topic(key)) as ear:
            began = time.monotonic()
            for number in range(1, BURST + 1):
                get_broker().publish(hint_of(key, number))
            assert time.monotonic() - began < 1
            heard = await ear.hear(BURST, seconds=30)
            assert [hint.number for hint in heard] == list(range(1, BURST + 1))

    run(test())


def test_closed_listener_hears_nothing(place: Place) -> None:
    key = uuid4()

    async def test() -> None:
        async with Ear(conversation_topic(key)) as ear:
            pass
        get_broker().publish(hint_of(key))
        await asyncio.sleep(0.2)
        assert ear.hints == []

    run(test())


def test_server_that_goes_and_comes_back(place: Place, ada: Any, group: Any, caplog: Any) -> None:
    caplog.set_level(logging.CRITICAL, "channels_redis")
    key = uuid4()

    async def test() -> None:
        async with Ear(conversation_topic(key)) as ear:
            losses = ear.losses
            await call(place.go_away)
            began = time.monotonic()
            await ear.listener.add([conversation_topic(uuid4())])
            await call(actions.send_message, actor=ada, conversation=group, body="sent all the same")
            get_broker().publish(hint_of(key, 2))
            assert time.monotonic() - began < 1
            await asyncio.sleep(0.3)
            await call(place.come_back)
            ear.hints.clear()
            await ear.until(lambda: ear.hints, again=lambda: get_broker().publish(hint_of(key, 3)))
            if place.tells_of_loss:
                await ear.until(lambda: ear.losses > losses)

    run(test())
    assert bodies_of(group) == ["sent all the same"]


def test_message_arrives_by_the_sweep_while_the_server_is_away(
    place: Place, ada: Any, bob: Any, group: Any, caplog: Any
) -> None:
    caplog.set_level(logging.CRITICAL, "channels_redis")

    async def test() -> None:
        async with SocketClient(bob) as socket:
            await call(place.go_away)
            try:
                await call(actions.send_message, actor=ada, conversation=group, body="hello")
                await socket.until("message.created", timeout=20)
            finally:
                await call(place.come_back)

    run(test())


@pytest.mark.concurrency
def test_hint_is_heard_from_another_process_and_in_another_process(shared: Place) -> None:
    key = uuid4()

    async def test() -> None:
        async with Ear(conversation_topic(key)) as ear:
            with (
                shared.start("listen", topics=[conversation_topic(key)], count=4) as listener,
                shared.start("publish", conversation=str(key), numbers=[1, 2, 3, 4]) as publisher,
            ):
                publisher.go()
                assert await call(publisher.read) == "done"
                assert [await call(listener.read) for _ in range(4)] == [["e", number] for number in (1, 2, 3, 4)]
            assert [hint.number for hint in await ear.hear(4)] == [1, 2, 3, 4]

    run(test())


@pytest.mark.concurrency
def test_hints_are_heard_from_forked_processes_and_their_parent(shared: Place) -> None:
    key = uuid4()

    async def test() -> None:
        async with Ear(conversation_topic(key)) as ear:
            with shared.start("publish_in_forks", conversation=str(key), numbers=[1, 2, 3, 4]) as process:
                process.go()
                assert await call(process.read) == "ready"
                await ear.hear(1)
                process.go()
                assert await call(process.read) == "done"
            assert sorted(hint.number or 0 for hint in await ear.hear(4)) == [1, 2, 3, 4]

    run(test())


@pytest.mark.concurrency
def test_message_sent_in_one_process_reaches_a_socket_in_another_within_a_second(
    shared: Place, ada: Any, bob: Any, group: Any
) -> None:
    with shared.start("serve", user=str(bob.pk), count=3) as process:
        for body in ("one", "two", "three"):
            sent_at = time.time()
            actions.send_message(actor=ada, conversation=group, body=body)
            arrived, moment = process.read()
            assert arrived == body
            assert moment - sent_at < 1


class SlowLayer:
    """A channel layer whose answers take a turn of the loop, and that knows who is in which group."""

    def __init__(self) -> None:
        self.groups: set[str] = set()

    async def new_channel(self) -> str:
        return "channel"

    async def group_add(self, group: str, channel: str) -> None:
        await asyncio.sleep(0.002)
        self.groups.add(group)

    async def group_discard(self, group: str, channel: str) -> None:
        await asyncio.sleep(0.002)
        self.groups.discard(group)

    async def receive(self, channel: str) -> Any:
        await asyncio.Event().wait()


def test_group_that_is_wanted_again_while_others_are_left_is_kept() -> None:
    topics = [conversation_topic(uuid4()) for _ in range(20)]

    async def test() -> None:
        layer = SlowLayer()
        listener = ChannelsListener(layer, lambda hint: None, lambda: None)
        await asyncio.sleep(0.01)
        await listener.add(topics)
        await asyncio.gather(listener.drop(topics), listener.add(topics[10:]))
        wanted = {f"convo.{bucket_of(topic, GROUPS)}" for topic in topics[10:]}
        assert layer.groups == wanted
        await listener.close()
        assert layer.groups == set()

    run(test())


def test_buckets_are_counted() -> None:
    buckets = Buckets(1)

    assert buckets.add(["a", "b"]) == [0]
    assert buckets.drop(["a"]) == []
    assert buckets.drop(["b"]) == [0]
    assert list(buckets) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "[]",
        "{}",
        "null",
        '["?",null,null,null,true,"",[]]',
        '["e","x",null,1,true,"",[]]',
        '["p",null,null,null,true,"",7]',
        '["e",null,null,1,true,""]',
    ],
)
def test_text_of_another_version_is_no_hint(text: str) -> None:
    assert decode(text) is None


def test_hint_is_short() -> None:
    assert len(encode(Hint(kind=HintKind.READ, conversation_id=uuid4(), user_id=uuid4(), number=2**63 - 1))) < 120


def test_outbox_that_is_full_drops_and_does_not_wait(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    monkeypatch.setattr("django_convo.realtime.brokers.outbox.MOST_WAITING", 3)
    may_go_on = threading.Event()
    sent: list[Hint] = []

    def send(hints: Any) -> None:
        may_go_on.wait(5)
        sent.extend(hints)

    outbox = Outbox(send)
    began = time.monotonic()
    for number in range(10):
        outbox.put(hint_of(uuid4(), number))
    assert time.monotonic() - began < 0.5
    may_go_on.set()
    assert outbox._thread is not None
    while not outbox._queue.empty():
        time.sleep(0.01)
    Outbox._flush(outbox._thread, outbox._queue)
    outbox._thread.join(5)

    # What the thread took at once, and as many again that could wait behind it.
    assert 3 <= len(sent) <= 6
    assert "dropping one" in caplog.text


def test_outbox_says_once_that_the_broker_is_away_and_goes_on(caplog: Any) -> None:
    fails = [True, True]
    sent: list[int | None] = []

    def send(hints: Any) -> None:
        if fails:
            fails.pop()
            raise OSError("away")
        sent.extend(hint.number for hint in hints)

    outbox = Outbox(send)
    for number in range(40):
        outbox.put(hint_of(uuid4(), number))
        time.sleep(0.02)
    assert outbox._thread is not None
    Outbox._flush(outbox._thread, outbox._queue)
    outbox._thread.join(5)

    assert sent[-1] == 39
    assert caplog.text.count("The broker cannot be reached") == 1
