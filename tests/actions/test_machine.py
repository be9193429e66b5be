"""Every action in any order: each counter equals its recount, and each stale client catches up, after each step."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from django_convo import actions
from django_convo.actions import maintenance

from . import machine

# Servers pay a round trip for each of the many statements.
EXAMPLES = 10 if os.environ.get("CONVO_TEST_DATABASE", "sqlite") == "sqlite" else 4
STEPS = 40

# What the package exports and the machine does not call, and why.
LEFT_OUT = {
    # No actions.
    "EVERYONE",
    "MAX_FILLED_EVENTS",
    "OutgoingMessage",
    "Position",
    "UNSET",
    # Each log is counted from its first event on.
    "prune_events",
    # No action writes a row that it would repair.
    "repair_misplaced",
}


class Talk(machine.ConversationRules, machine.ParticipantRules, machine.MessageRules, machine.OwnRules):
    """What people do all day: among all the rules, each of these would come but seldom."""


class Everything(Talk, machine.FileRules, machine.ScheduledRules, machine.UserRules, machine.UpkeepRules):
    """All the rules."""


@pytest.mark.django_db
@pytest.mark.parametrize("rules", [Talk, Everything])
def test_any_sequence_of_actions_keeps_every_count_and_every_client_right(rules: type[machine.Base]) -> None:
    run_state_machine_as_test(
        rules,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            # A change is judged by the same examples twice; who runs it by hand looks for new ones.
            derandomize=os.environ.get("CI") == "true",
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_every_action_is_in_a_rule() -> None:
    rules = "".join(path.read_text() for path in Path(machine.__file__).parent.glob("*.py"))
    called = set(re.findall(r"\b(?:actions|maintenance)\.([a-z_]+)", rules))
    assert {*actions.__all__, *maintenance.__all__} - called == LEFT_OUT - called
