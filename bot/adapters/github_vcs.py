"""GitHub as the version control system: tags, spans, checks, branches, CODEOWNERS; read-only (EVD-01, EVD-11…-16, SOD-12, TRN-07).

Invariant: whatever can change is asked for anew at each question: tags, checks, branches, protection, and the labels, texts and reviews of
merged pull requests. Only what lies between or at fixed commits is kept for a while.
"""

import re
from collections.abc import Collection
from datetime import datetime
from itertools import chain
from urllib.parse import quote

from bot.adapters.answers import Answer, said
from bot.adapters.github_api import PER_PAGE, GitHubApi, named
from bot.adapters.github_branches import BranchReading
from bot.adapters.github_checks import from_runs, from_statuses, protection
from bot.adapters.github_graphql import OWNERS, Owners
from bot.adapters.github_span import Known, SpanReading
from bot.adapters.github_vcs_wire import (
    UNDECIDED,
    BranchProtection,
    CheckRun,
    CheckRuns,
    Refs,
    Rules,
    Statuses,
    TagObject,
    named_ref,
)
from bot.adapters.reading import UnreadError, both, parsed, together
from bot.adapters.recent import Recent
from guards.codeowners import CodeOwners
from guards.cut import OpenPull
from guards.naming import Naming
from guards.unread import Absent, Unread
from guards.vcs import Check, Contributor, Protection, Span, Tag

_SHA = re.compile(r"[0-9a-f]{40}")
_NOREPLY = re.compile(r"(?:[0-9]+\+)?([A-Za-z0-9-]+)@users\.noreply\.github\.com", re.IGNORECASE)
_PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")  # the first that exists counts
_MOST_OWNERS = 3 * 1024 * 1024  # GitHub does not load a larger CODEOWNERS file
_MOST_PAGES = 20


class GitHubVcs:
    """Implements the `Vcs` port for one GitHub.

    Args:
        api: how it is read.
        keep: seconds for which commits between two others, with their pull requests, and CODEOWNERS files are used again.
        ticket: pattern of a work item's key (NAM-07).
    """

    def __init__(self, api: GitHubApi, *, keep: float = 60.0, ticket: str = Naming().ticket) -> None:
        self._api, self._ticket = api, ticket
        self._branches = BranchReading(api, ticket)
        self._spans = Recent[Known | Absent](keep, room=64)
        self._owners = Recent[CodeOwners | Absent](keep, room=64)

    async def tag(self, repository: str, version: str) -> Tag | Absent | Unread:
        """See `Vcs.tag`. The list of tags that begin alike is read, since it tells "none" and "not allowed" apart."""
        what = f"the tag {version} of {repository}"
        return await self._api.answer(what, repository, self._tag(what, repository, version))

    async def span(self, repository: str, base: str | None, head: str) -> Span | Absent | Unread:
        """See `Vcs.span`."""
        since = f"since {base[:12]}" if base else "in all its history"
        what = f"the work in {head[:12]} of {repository} {since}"
        if not _SHA.fullmatch(head) or not (base is None or _SHA.fullmatch(base)):
            return Unread(what, "it is not asked for by commits")

        reading, new = SpanReading(self._api, what, repository, base, head, self._ticket), False

        async def read() -> Known | Absent | Unread:
            nonlocal new
            new = True
            return await self._api.answer(what, repository, reading.read())

        found = await self._spans.get((repository, base, head), read)
        if not isinstance(found, Known):
            return found
        # what somebody else read, a moment ago or while we waited, is older than this question
        return found.span if new or not found.ids else await self._api.answer(what, repository, reading.again(found))

    async def checks(self, repository: str, commit: str) -> tuple[Check, ...] | Absent | Unread:
        """See `Vcs.checks`."""
        what = f"the checks of {commit[:12]} of {repository}"
        if not _SHA.fullmatch(commit):
            return Unread(what, "it is not asked for by commit")
        return await self._api.answer(what, repository, self._checks(what, repository, commit))

    async def protection(self, repository: str, branch: str) -> Protection | Absent | Unread:
        """See `Vcs.protection`. Reads the classic protection and the rulesets in force."""
        what = f"the protection of branch {branch} of {repository}"
        return await self._api.answer(what, repository, self._protection(what, repository, branch))

    async def codeowners(self, repository: str, commit: str) -> CodeOwners | Absent | Unread:
        """See `Vcs.codeowners`."""
        what = f"CODEOWNERS at {commit[:12]} of {repository}"
        if not _SHA.fullmatch(commit):
            return Unread(what, "it is not asked for by commit")

        async def read() -> CodeOwners | Absent | Unread:
            return await self._api.answer(what, repository, self._codeowners(what, repository, commit))

        return await self._owners.get((repository, commit), read)

    async def head(self, repository: str, branch: str, at: datetime | None = None) -> str | Absent | Unread:
        """See `Vcs.head`. What it was earlier comes from GitHub's record of pushes and merges, with GitHub's own times."""
        what = f"the head of branch {branch} of {repository}" + (f" at {at:%Y-%m-%d %H:%M} UTC" if at else "")
        reading = self._branches.head(what, repository, branch) if at is None else self._branches.head_at(what, repository, branch, at)
        return await self._api.answer(what, repository, reading)

    async def merge_base(self, repository: str, one: str, other: str) -> str | Absent | Unread:
        """See `Vcs.merge_base`."""
        what = f"where {one[:12]} and {other[:12]} of {repository} part"
        if not (_SHA.fullmatch(one) and _SHA.fullmatch(other)):
            return Unread(what, "it is not asked for by commits")
        return await self._api.answer(what, repository, self._branches.merge_base(what, repository, one, other))

    async def line(self, repository: str, head: str, most: int) -> tuple[str, ...] | Unread:
        """See `Vcs.line`."""
        what = f"the history of {head[:12]} of {repository}"
        if not _SHA.fullmatch(head):
            return Unread(what, "it is not asked for by commit")
        return await self._api.answer(what, repository, self._branches.line(what, repository, head, most))

    async def patch(self, repository: str, commit: str, base: str | None = None) -> str | Absent | Unread:
        """See `Vcs.patch`."""
        what = f"the changes of {commit[:12]}{f' since {base[:12]}' if base else ''} of {repository}"
        if not _SHA.fullmatch(commit) or not (base is None or _SHA.fullmatch(base)):
            return Unread(what, "it is not asked for by commit")
        branches = self._branches
        reading = branches.patch(what, repository, commit) if base is None else branches.patch_since(what, repository, base, commit)
        return await self._api.answer(what, repository, reading)

    async def open_pulls(self, repository: str, base: str) -> tuple[OpenPull, ...] | Unread:
        """See `Vcs.open_pulls`."""
        what = f"the open pull requests to {base} of {repository}"
        return await self._api.answer(what, repository, self._branches.open_pulls(what, repository, base))

    async def close(self) -> None:
        """End the reads under way."""
        await self._spans.close()
        await self._owners.close()

    # ------------------------------------------------------------ one question each

    async def _tag(self, what: str, repository: str, version: str) -> Tag | Absent:
        answer = await self._api.get(what, repository, f"git/matching-refs/tags/{quote(version, safe='')}")
        ref = named_ref(what, parsed(Refs, what, answer), f"refs/tags/{version}")
        if ref is None:
            return Absent(f"tag {version} in {repository}")
        name, target = named(ref.url, repository), ref.object
        if target.type == "commit":
            return Tag(name, version, target.sha, target.sha, annotated=False, verified=False, reason="not_annotated", tagger=None)
        if target.type != "tag":
            raise UnreadError(Unread(what, f"it names a {target.type}, not a commit"))
        tag = parsed(TagObject, what, await self._api.get(what, repository, f"git/tags/{target.sha}"))
        if tag.sha != target.sha:
            raise UnreadError(Unread(what, "GitHub told another tag object than it was asked for"))
        if tag.object.type != "commit":
            raise UnreadError(Unread(what, f"it names a {tag.object.type}, not a commit"))
        if tag.verification.reason in UNDECIDED:
            raise UnreadError(Unread(what, f"GitHub could not verify its signature just now ({tag.verification.reason})"))
        # A signed tag object can be pushed again under another name: its signature covers the name inside it.
        own = tag.tag == version
        return Tag(
            repository=name,
            name=version,
            object=tag.sha,
            commit=tag.object.sha,
            annotated=True,
            verified=tag.verification.verified and own,
            reason=tag.verification.reason if own else "made_for_another_name",
            tagger=_tagger(tag),
            at=tag.tagger.date,
        )

    async def _checks(self, what: str, repository: str, commit: str) -> tuple[Check, ...] | Absent:
        runs, pages = await both(
            self._runs(what, repository, commit), self._api.pages(what, repository, f"commits/{commit}/statuses", _MOST_PAGES)
        )
        if isinstance(runs, Absent):
            return runs
        statuses = chain.from_iterable(parsed(Statuses, what, page).root for page in pages)
        return tuple(sorted((*from_runs(runs), *from_statuses(statuses)), key=lambda check: (check.name, check.suite or 0)))

    async def _runs(self, what: str, repository: str, commit: str) -> Collection[CheckRun] | Absent:
        async def page(number: int) -> Answer:
            params: dict[str, str | int] = {"filter": "all", "per_page": PER_PAGE, "page": number}
            return await self._api.get(what, repository, f"commits/{commit}/check-runs", params, also={422})

        answer = await page(1)
        if answer.status == 422:
            if said(answer, "message").startswith("No commit found"):
                return Absent(f"commit {commit[:12]} in {repository}")
            raise UnreadError(Unread(what, f"it answered with status 422: {said(answer, 'message')}"))
        first = parsed(CheckRuns, what, answer)
        if first.total_count > _MOST_PAGES * PER_PAGE:
            raise UnreadError(Unread(what, f"there are more than {_MOST_PAGES * PER_PAGE}"))
        rest = await together(page(number) for number in range(2, -(-first.total_count // PER_PAGE) + 1))
        runs = {run.id: run for part in (first, *(parsed(CheckRuns, what, one) for one in rest)) for run in part.check_runs}
        if len(runs) != first.total_count:
            raise UnreadError(Unread(what, "its list of check runs is not complete"))
        if any(run.head_sha != commit or run.state() is None for run in runs.values()):
            raise UnreadError(Unread(what, "a check run is of another commit, or ended in a way that GitHub does not document"))
        return runs.values()

    async def _protection(self, what: str, repository: str, branch: str) -> Protection | Absent:
        name = quote(branch, safe="")
        answer, pages = await both(
            self._api.get(what, repository, f"branches/{name}/protection", also={404}),
            self._api.pages(what, repository, f"rules/branches/{name}", _MOST_PAGES),
        )
        classic = None
        if answer.status == 200:
            classic = parsed(BranchProtection, what, answer)
        elif (reason := said(answer, "message")) == "Branch not found":
            return Absent(f"branch {branch} in {repository}")
        elif reason != "Branch not protected":  # "Not Found" is what those get who may not look
            raise UnreadError(Unread(what, f"it answered with status 404: {reason}"))
        rules = list(chain.from_iterable(parsed(Rules, what, page).root for page in pages))
        return protection(branch, classic, rules) or Absent(f"protection of branch {branch} in {repository}")

    async def _codeowners(self, what: str, repository: str, commit: str) -> CodeOwners | Absent:
        owner, _, name = repository.partition("/")
        places = {key: f"{commit}:{path}" for key, path in zip(("first", "second", "third"), _PLACES, strict=True)}
        variables = {"owner": owner, "name": name, "commit": commit, **places}
        told = (await self._api.query(what, repository, Owners, OWNERS, variables)).repository
        if told.object is None:
            return Absent(f"commit {commit[:12]} in {repository}")
        found = next(((path, blob) for path, blob in zip(_PLACES, (told.first, told.second, told.third), strict=True) if blob), None)
        if found is None:
            return Absent(f"CODEOWNERS file at {commit[:12]} in {repository}")
        path, blob = found
        if blob.byte_size > _MOST_OWNERS or blob.is_truncated or blob.text is None:
            raise UnreadError(Unread(what, f"{path} is too large, or no text"))
        return CodeOwners.read(path, blob.text)


def _tagger(tag: TagObject) -> Contributor:
    email = tag.tagger.email.lower()
    login = _NOREPLY.fullmatch(email)
    return Contributor(login[1] if login else None, email, tag.tagger.name)
