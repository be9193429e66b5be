"""What a run is like: how many requests, always the same, and what it says at its end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.fuzz.world import World, make_world

SHORT = 10
# With so many, chance finds for each operation a request that it does; with fewer, for nearly all of them.
LONG = 200
MOST_NEVER_DONE = 0.2
# Answers with a stream, or by WSGI with the reason why not.
UNREACHABLE = {"GET /api/stream/"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--max-examples", type=int, default=SHORT, help=f"generated requests for each operation ({SHORT})"
    )


def pytest_configure(config: pytest.Config) -> None:
    settings.register_profile(
        "fuzz",
        max_examples=config.getoption("max_examples", SHORT),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("fuzz")


@pytest.fixture(scope="session")
def world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """What is there, before each request."""
    with django_db_blocker.unblock():
        yield make_world()


@pytest.fixture(scope="session")
def site(world: World) -> Any:
    from tests.fuzz.site import Site

    return Site(world)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: Any, call: Any) -> Any:
    """Send what was answered along with the report, which may have to go to another process."""
    report = yield
    site = getattr(item, "funcargs", {}).get("site")
    if call.when == "call" and site is not None:
        report.user_properties.append(("answers", site.taken()))
    return report


def answers_of(config: pytest.Config) -> Counter[tuple[str, int]]:
    """Return how often each operation was answered with each status."""
    told: Any = config.pluginmanager.get_plugin("terminalreporter")
    answers: Counter[tuple[str, int]] = Counter()
    for reports in told.stats.values() if told else ():
        for report in reports:
            found = dict(getattr(report, "user_properties", ())).get("answers", ())
            if getattr(report, "when", "") == "call":
                answers.update({(operation, status): count for operation, status, count in found})
    return answers


def never_done(answers: Counter[tuple[str, int]]) -> set[str]:
    """Return the operations that were asked for and never did what they are for: nothing of them was shown."""
    return {operation for operation, _ in answers} - {name for name, status in answers if status < 300} - UNREACHABLE


def shows_too_little(config: pytest.Config) -> bool:
    """Say whether so many operations only ever refused that the run says little of what they do."""
    answers = answers_of(config)
    most = 0.0 if config.getoption("max_examples") >= LONG else MOST_NEVER_DONE
    return len(never_done(answers)) > most * len({operation for operation, _ in answers})


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.exitstatus == pytest.ExitCode.OK and shows_too_little(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    answers = answers_of(config)
    statuses: Counter[int] = Counter()
    for (_, status), count in answers.items():
        statuses[status] += count
    shares = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    terminalreporter.write_line(
        f"{answers.total()} requests to {len({operation for operation, _ in answers})} operations; {shares}"
    )
    for operation in sorted(never_done(answers)):
        terminalreporter.write_line(f"never answered with success: {operation}", red=shows_too_little(config))
