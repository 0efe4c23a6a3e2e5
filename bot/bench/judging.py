"""Judging a production promotion: our guards beside Cedar with a policy for each guard, under the starter and the strict profile.

Invariant: both answer yes to the same promotion, and no to it with one fact changed, for each guard that the profile lets judge something;
Cedar's no comes from the policy of that guard. Otherwise the comparison is refused.
"""

from dataclasses import replace
from statistics import median
from time import process_time

from bot.bench.cedar import Cedar
from bot.bench.figures import Figure
from bot.bench.promotion import Case, case
from bot.bench.stopped import stopped
from bot.bench.told import request_of
from commands.core.dispatch import GUARDS, HEALS
from commands.core.requests import at_dispatch
from guards.decision import Allow
from guards.judge import Judgement, judge
from guards.requirements import REQUIREMENT_OF
from guards.vocabulary import Profile

GROUP = "Judging a production promotion, all guards"


def judged(given: Case) -> Judgement:
    """What the guards of a dispatch say, all of them."""
    return judge(GUARDS, at_dispatch(given.change, given.facts), given.facts, HEALS)


def refusing(given: Case) -> set[str]:
    """The guards that do not let it go."""
    return {answer.guard for answer in judged(given).answers if not isinstance(answer.decision, Allow)}


def compared(profile: Profile) -> tuple[Case, Cedar | None]:
    """A promotion that may go, and Cedar about it, None when cedarpy is not installed.

    Raises:
        RuntimeError: the two do not judge alike.
    """
    given, changed = case(profile), stopped(case(profile))
    if judged(given).outcome != "allowed" or any(name not in refusing(one) for name, one in changed.items()):
        raise RuntimeError(f"the guards do not judge as the bench means them to, under the {profile} profile")
    try:
        cedar = Cedar(given.facts.policy, {name: requirement.value for name, requirement in REQUIREMENT_OF.items()})
    except ImportError:
        return given, None
    if not cedar.allows(request_of(given)):
        raise RuntimeError(f"Cedar refuses what the guards allow, under the {profile} profile")
    if unlike := [name for name, one in changed.items() if cedar.allows(request_of(one)) or name not in cedar.forbidding(request_of(one))]:
        raise RuntimeError(f"Cedar does not judge as the guards do: {', '.join(unlike)}; the figures would compare different things")
    return given, cedar


def measure(rounds: int, repeats: int) -> tuple[list[Figure], list[str]]:
    """Both in turn, under each profile.

    Args:
        rounds: of each, in turn.
        repeats: judgements in a round.

    Returns:
        Figures, and what was not measured.
    """
    figures: list[Figure] = []
    skipped: list[str] = []
    for profile in (Profile.STARTER, Profile.STRICT):
        given, cedar = compared(profile)
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(_guards(given, repeats))
            if cedar:
                theirs.append(_cedar(cedar, given, repeats))
        figures += _figures(profile, ours, theirs)
        if not cedar:
            skipped = ["Cedar: cedarpy is not installed"]
    return figures, skipped


def _guards(given: Case, repeats: int) -> float:
    """Microseconds for one judgement; each is of facts and evidence that were just read, about which nothing was concluded yet."""
    fresh = [replace(given, facts=replace(given.facts, evidence=replace(given.facts.evidence))) for _ in range(repeats)]
    begun = process_time()
    for each in fresh:
        judged(each)
    return (process_time() - begun) / repeats * 1e6


def _cedar(cedar: Cedar, given: Case, repeats: int) -> float:
    """The same for Cedar, which is told its facts ready made."""
    request = request_of(given)
    begun = process_time()
    for _ in range(repeats):
        cedar.allows(request)
    return (process_time() - begun) / repeats * 1e6


def _figures(profile: Profile, ours: list[float], theirs: list[float]) -> list[Figure]:
    asked = "everything is asked for and proven" if profile is Profile.STRICT else f"{len(REQUIREMENT_OF)} of them are asked for nothing"
    note = f"{len(GUARDS)} guards over frozen facts, all answers kept; {asked}. Nothing that an earlier judgement concluded from "
    note += "facts is used; kept is what follows from the policy alone, or from values that never change (hashes, edges of windows)."
    figures = [Figure(GROUP, f"our guards, CPU, {profile} profile", median(ours), "µs", below=100, note=note)]
    if theirs:
        told = (
            "a policy for each guard, which agrees with it about the promotion and about a change of one fact for each. Policies and "
            "entities are parsed once, and putting the facts together is not counted; what Cedar cannot work out (what follows from "
            "lists, path patterns and risk) it is told. Cedar answers yes or no, our guards say why."
        )
        ratio = median(one / other for one, other in zip(ours, theirs, strict=True))
        figures += [
            Figure(GROUP, f"cedarpy, CPU, {profile} profile", median(theirs), "µs", note=told if profile is Profile.STARTER else ""),
            Figure(GROUP, f"our guards to cedarpy, {profile} profile", ratio, "×", below=1),
        ]
    return figures
