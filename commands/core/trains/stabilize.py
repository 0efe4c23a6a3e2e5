"""Looks at release branches: each new commit, the checks of each new head, and what still wants in (TRN-09, TRN-11, TRN-16).

Invariant: a look asks what the branch names, and more only when that moved or its checks are not over. It happens when a webhook tells of
a push, and otherwise as often as the policy says; what could not be read is read again at the next look.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from typing_extensions import override

from commands.core.trains.keep import LIVING, Seen, keep, outlive
from commands.core.trains.on_branches import OnBranches
from commands.core.trains.read import Look
from commands.core.trains.run_work import RunWork
from guards.cut import Cut, CutState, Fix, Flaw, Found, Gates, Rider
from guards.cutoff import green
from guards.facts import Facts
from guards.hotfix import HotfixState
from guards.risk import named
from guards.stabilization import Source, candidates, flaws, merges, picked_from
from guards.train import Stage
from guards.unread import Absent, Unread
from guards.vcs import Commit, Span
from storage import cuts, hotfixes, inbox
from storage.database import Tx


class Stabilize(OnBranches):
    """Looks at the release branches of a run."""

    @override
    async def carry(self, taken: inbox.Taken, payload: dict[str, Any], facts: Facts, correlation: str) -> None:
        run_id = str(payload["run"])
        known, fixes, blockers = await self._store.read(
            lambda tx: (cuts.of_run(tx, run_id), cuts.fixes(tx, run_id), cuts.blockers(tx, run_id))
        )
        ported = await self._store.read(lambda tx: {cut.repository: hotfixes.live_in(tx, cut.repository) for cut in known})
        mended = frozenset(one.scope.ticket for live in ported.values() for one in live if one.state is HotfixState.SHIPPED)
        look, tickets = self._branches.look(), frozenset(blocker.ticket for blocker in blockers) | mended
        judged = {(fix.repository, fix.sha) for fix in fixes}
        sources = frozenset(sha for live in ported.values() for one in live for sha in one.commits)
        seen = [await _seen(look, cut, judged, tickets, sources, facts) for cut in known if cut.state is CutState.CUT and cut.branch]

        def work(tx: Tx) -> None:
            about = RunWork.begin(tx, run_id, facts, correlation)
            if about and about.run.stage in LIVING:
                keep(about, seen, tickets)
            elif about and about.run.stage is Stage.CLOSED:
                outlive(about, seen)
            inbox.done(tx, taken.id, None)

        await self._store.write(work)


# ---------------------------------------------------------------- what is read


async def _seen(
    look: Look, cut: Cut, judged: set[tuple[str, str]], tickets: frozenset[str], sources: frozenset[str], facts: Facts
) -> Seen:  # fmt: skip
    service = cut.services[0]
    head = await look.head(service, cut.branch)
    if isinstance(head, Absent):
        return Seen(cut, lost=Unread(f"the branch {cut.branch}", f"there is no {head.what}"), gone=True)
    if isinstance(head, Unread):
        return Seen(cut, lost=head)
    waiting = await look.open_pulls(service, cut.branch)
    if isinstance(waiting, Unread):
        return Seen(cut, lost=waiting)
    gates = None
    if head != cut.head or cut.gates is not Gates.PASSED:
        gates = green(cut.services, head, await look.checks(service, head), facts)
    if head == cut.head:
        return Seen(cut, head, gates=gates, waiting=waiting)
    span = await look.span(service, cut.commit, head)
    if not isinstance(span, Span):
        return Seen(cut, lost=span if isinstance(span, Unread) else Unread(f"the work on {cut.branch}", f"there is no {span.what}"))
    fixes = await _judge(look, cut, span, judged, tickets, sources, facts)
    return Seen(cut, lost=fixes) if isinstance(fixes, Unread) else Seen(cut, head, fixes, gates, waiting)


async def _judge(
    look: Look, cut: Cut, span: Span, judged: set[tuple[str, str]], tickets: frozenset[str], sources: frozenset[str], facts: Facts
) -> tuple[Fix, ...] | Unread:  # fmt: skip
    """Every commit that is new, or `Unread` when one of them cannot be judged yet.

    Args:
        tickets: of the run's blockers, and of the hotfixes that production has.
        sources: the commits of those hotfixes: picking one of them is as good as picking from main (HOT-09).
    """
    service, rules = cut.services[0], facts.policy.stabilization
    found: list[Fix] = []
    for commit in span.commits:
        if (cut.repository, commit.sha) in judged:
            continue
        source = None if merges(commit, span) else await _source(look, cut, commit, sources, facts)
        risk = named([pull for pull in span.pulls if pull.number in commit.pulls], facts.policy.risk)
        wrong = flaws(commit, span, source, tickets, rules, risk)
        origin = await _origin(look, cut, source, facts) if isinstance(source, Source) else None
        if isinstance(wrong, Unread):
            return wrong
        if isinstance(origin, Unread):
            return origin
        found.append(replace(_fix(cut, commit, span, source, wrong, facts), risk=risk, origin=origin))
    if span.removed and (cut.repository, span.head) not in judged:
        main = facts.policy.services[service].branch
        set_back = Found(
            Flaw.REWRITTEN, f"the branch does not hold the cutoff commit {cut.commit[:12]} any more, which was cut from {main}"
        )
        last = found[-1] if found and found[-1].sha == span.head else None
        bare = Commit(
            span.head,
            f"{cut.branch} was set back",
            f"{facts.policy.services[service].address}/commit/{span.head}",
            None,
            None,
            (),
            False,
            (),
        )
        fix = _fix(cut, bare, span, None, (set_back,), facts) if last is None else replace(last, flaws=(*last.flaws, set_back))
        found = [*(found if last is None else found[:-1]), fix]
    return tuple(found)


async def _source(look: Look, cut: Cut, commit: Commit, sources: frozenset[str], facts: Facts) -> Source | Unread | None:
    """Where a commit was picked from: as it says, else what on main makes the same change (TRN-09, HOT-15)."""
    service = cut.services[0]
    main = await look.head(service, facts.policy.services[service].branch)
    own = await look.patch(service, commit.sha)
    if named := picked_from(commit):
        parts = named if named in sources else await look.parts(service, named, main)
        # GitHub does not know a commit that is nowhere: that is no failure of the read, but then it is not on main either
        return Source(named, parts, await look.patch(service, named) if parts == named else own, own)
    if not isinstance(main, str):
        return main if isinstance(main, Unread) else Unread("the main branch", f"there is no {main.what}")
    since = await look.span(service, cut.commit, main)
    if not isinstance(since, Span):
        return since if isinstance(since, Unread) else None
    for candidate in candidates(commit, since):
        if isinstance(own, str) and await look.patch(service, candidate) == own:
            return Source(candidate, candidate, own, own)
    return None


async def _origin(look: Look, cut: Cut, source: Source, facts: Facts) -> Rider | Unread | None:
    """The pull request that brought the source to main; None for one that was there before the cutoff, or came by none (TRN-10)."""
    main = await look.head(cut.services[0], facts.policy.services[cut.services[0]].branch)
    since = await look.span(cut.services[0], cut.commit, main) if isinstance(main, str) and source.parts == source.commit else None
    if isinstance(since, Unread):
        return since
    numbers = {n for one in since.commits if one.sha == source.commit for n in one.pulls} if isinstance(since, Span) else set()
    pulls = [pull for pull in since.pulls if pull.number in numbers] if isinstance(since, Span) else []
    return Rider(pulls[0].number, pulls[0].title, pulls[0].url, merged=pulls[0].merged) if pulls else None


def _fix(cut: Cut, commit: Commit, span: Span, source: Source | Unread | None, wrong: Sequence[Found], facts: Facts) -> Fix:
    pulls = [pull for pull in span.pulls if pull.number in commit.pulls]
    people = (commit.author, commit.committer, *commit.co_authors, *(who for p in pulls for who in (p.author, *p.committers)))
    return Fix(
        run=cut.run, repository=cut.repository, sha=commit.sha, title=commit.title, url=commit.url,
        authors=tuple(dict.fromkeys(who.id for who in people if who and who.id and not who.bot)),
        pull=pulls[0].number if pulls else None, tickets=tuple(dict.fromkeys(t for p in pulls for t in p.tickets)),
        source=source.commit if isinstance(source, Source) else None, flaws=tuple(wrong), at=facts.at,
    )  # fmt: skip
