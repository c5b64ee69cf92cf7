"""The profiles keep to their time: computed from what cases took in the committed study."""

import pytest

from runner.plan import PROFILES
from stored_costs import PEERS, stored


@pytest.mark.parametrize(("name", "seconds"), [("quick", 60), ("default", 300), ("full", 2700)])
def test_five_rounds_of_every_case_fit_into_the_time_of_a_profile(name: str, seconds: int) -> None:
    profile = PROFILES[name]
    assert profile.length.rounds == 5
    assert profile.length.budget < seconds
    groups = stored().planned(profile.largest_n, peers=name == "full")
    a_round = sum(
        stored().cost(case, profile.min_time, of_peer=group.endswith(PEERS))
        for group, cases in groups.items()
        for case in cases
    )
    assert 5 * a_round <= profile.length.budget


def test_the_costs_are_those_of_the_committed_study() -> None:
    """A round of all its cases took 252 to 262 s."""
    every = stored().planned(10**8, peers=True)
    a_round = sum(
        stored().cost(case, 0.05, of_peer=group.endswith(PEERS))
        for group, cases in every.items()
        for case in cases
    )
    assert 225 <= a_round <= 285
