"""Turns GitHub's answers about commits and pull requests into people and their work.

Invariant: nobody is taken for a machine because of an address that anybody can write; only GitHub's own signature says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.adapters.github_graphql import Actor, CommitNode, GitActor, PullNode, ReviewNode, WordsNode, Work
from bot.adapters.reading import UnreadError
from bot.adapters.tickets import tickets
from guards.unread import Unread
from guards.vcs import Commit, Contributor, Pull, Review, ReviewState

_WEB = "noreply@github.com"  # the committer of what was done on GitHub's site
_BOT = "[bot]@users.noreply.github.com"
_ACCOUNTS = frozenset({"User", "EnterpriseUserAccount", "Organization"})


def account(actor: Actor | None) -> Contributor | None:
    """Somebody with an account; None when it was deleted. A bot's login ends in `[bot]`, which no person's can."""
    if actor is None:
        return None
    if actor.kind == "Bot":
        return Contributor(f"{actor.login.removesuffix('[bot]')}[bot]", name=actor.login, bot=True)
    # A mannequin stands for a person of another system whose work was imported; it is nobody's account.
    return Contributor(actor.login if actor.kind in _ACCOUNTS else None, name=actor.login)


def commit(node: CommitNode, pulls: Sequence[int]) -> Commit:
    """A commit of the span.

    Args:
        node: as GitHub tells it.
        pulls: numbers of the pull requests that brought it.
    """
    author, *others = _authors(node)
    return Commit(
        sha=node.oid,
        title=node.message_headline,
        url=node.url,
        author=author,
        committer=_person(node, node.committer),
        co_authors=tuple(who for who in others if who is not None),
        verified=node.signature is not None and node.signature.is_valid,
        pulls=tuple(pulls),
        message=node.message,
        parents=node.parents.total_count,
    )


def pull(
    repository: str, node: PullNode, reviews: Iterable[ReviewNode], work: Iterable[Work], paths: tuple[str, ...] | None, key: str
) -> Pull:
    """A merged pull request with its lists, which are whole.

    Args:
        repository: `owner/name`.
        node: all but its lists.
        reviews, work, paths: its lists; see `Pull`.
        key: as for `tickets`.
    """
    people = (who for one in work for who in (*_authors(one), _person(one, one.committer)))
    whole = Pull(
        number=node.number,
        title=node.title,
        url=node.url,
        base=node.base_ref_name,
        merged_commit=node.merge_commit.oid,
        merged=node.merged_at,
        head=node.head_ref_oid,
        author=account(node.author),
        committers=tuple(dict.fromkeys(who for who in people if who is not None)),
        reviews=(),
        labels=frozenset(),
        body="",
        merged_by=account(node.merged_by),
        tickets=(),
        paths=paths,
    )
    return reworded(whole, repository, node, reviews, key)


def reworded(one: Pull, repository: str, node: WordsNode, reviews: Iterable[ReviewNode], key: str) -> Pull:
    """A merged pull request with what people have written on it by now.

    Args:
        one: as it was read before.
        repository: `owner/name`.
        node, reviews: what stands there now.
        key: as for `tickets`.
    """
    return replace(
        one,
        title=node.title,
        body=node.body,
        branch=node.head_ref_name,
        labels=frozenset(label.name for label in node.labels.nodes),
        reviews=tuple(sorted((r for r in map(_review, reviews) if r is not None), key=lambda review: review.at)),
        tickets=tickets(repository, node.title, node.head_ref_name, node.body, key=key),
    )


def _authors(work: Work) -> list[Contributor | None]:
    """The git author, then the co-authors of the message's trailers."""
    if work.authors.page_info.has_next_page or not work.authors.nodes:
        raise UnreadError(Unread(f"the authors of commit {work.oid[:12]}", "GitHub does not list them all"))
    return [_person(work, actor) for actor in work.authors.nodes]


def _person(work: Work, actor: GitActor | None) -> Contributor | None:
    if actor is None or not (actor.user or actor.email or actor.name):
        return None
    email = (actor.email or "").lower() or None
    by_github = work.signature is not None and work.signature.is_valid and work.signature.was_signed_by_git_hub
    bot = by_github and email is not None and (email == _WEB or email.endswith(_BOT))
    return Contributor(actor.user.login if actor.user else None, email, actor.name or "", bot)


def _review(node: ReviewNode) -> Review | None:
    """None for one that was begun and never submitted."""
    if node.state == "PENDING" or node.submitted_at is None:
        return None
    who = account(node.author)
    return Review(
        login=who.login if who else None,
        state=ReviewState(node.state.lower()),
        commit=node.commit.oid if node.commit else None,
        at=node.submitted_at,
        bot=who is not None and who.bot,
    )
