"""What has its go by a run departs in that run's window, which was published, not in another one of its service (TRN-01, TRN-30, WIN-11).

Invariant: the window of a run holds what has not begun to depart; what is on its way is finished by the windows of its service alone.
"""

from guards.decided import ran_there, rides_alone
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.facts import Facts, Request
from guards.opening import local
from guards.override import overriding
from guards.slot import to_depart
from guards.unread import Unread

_FOR_NONE = Allow("no run waits for its window with it")


def in_its_slot(request: Request, facts: Facts) -> Decision:
    """Whether the window is open in which the run departs that the version has its go by."""
    environment = request.environment or ""
    if environment not in facts.policy.production:
        return Allow(f"{environment} waits for no run")
    if record := overriding(request, facts):
        return Allow(f"{record.id} goes by itself")
    if isinstance(facts.rides, Unread):
        return Unsure(facts.rides.what, facts.rides.why)
    waiting = to_depart(facts)
    if not waiting:
        return _FOR_NONE
    if alone := rides_alone(request, facts) or ran_there(request, facts):
        return alone
    zone, at = facts.policy.zone_of(request.service), facts.at
    if run := next((run for run in waiting if run.schedule.opens <= at < run.schedule.closes), None):
        return Allow(f"{run.id} departs until {local(run.schedule.closes, zone)}")
    if ahead := sorted((run.schedule.opens, run.id) for run in waiting if at < run.schedule.opens):
        opens, name = ahead[0]
        said = f"{name} departs from {local(opens, zone)} on, as was published."
        return Refuse(Refusal.OUTSIDE_WINDOW, said, f"Wait for it: {local(opens, zone, at)}.", until=opens)
    last = max(waiting, key=lambda run: run.schedule.closes)
    return Refuse(
        Refusal.OUTSIDE_WINDOW,
        f"The window of {last.id} was over {local(last.schedule.closes, zone)}.",
        f"Give it the next one: `/release train postpone {last.id} <reason>`.",
    )
