"""/release link | link github | link confirm | link cancel | link remove: which GitHub account is yours (RBAC-01, SOD-12).

Two sides say so: GitHub, where the person types a code, and the person, in Slack.
"""

from typing import Literal

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Asker, Command, Reply, Work
from commands.core.fields import Login
from commands.core.sign_in import PATIENCE, ask_again, give_up, timer_of
from commands.core.text import Bold, Code, Line, Moment
from commands.core.words import Arguments, NoArguments
from guards.authorization import authorized
from guards.identity import Link, Linking
from guards.links import confirmable, linked, linking_begun
from guards.vocabulary import Action
from storage import links, timers


class Confirm(Arguments):
    """The account that GitHub named."""

    login: Login


class Remove(Arguments):
    """Where the account is."""

    provider: Literal["github"]


def about_me(args: Arguments, asker: Asker) -> Ask:
    """It is about the asker's own account."""
    return Ask(linking=asker.person.id, login=args.login if isinstance(args, Confirm) else None)


def show(work: Work[NoArguments]) -> Reply:
    """The GitHub accounts that count as the asker's."""
    person, link, linking = work.asker.person, work.facts.link, work.facts.linking
    lines: list[Line] = []
    if person.github:
        lines.append((Bold(person.github), ": by the policy file"))
    if link:
        lines.append((Bold(link.login), ": linked by you, ", Moment(link.confirmed, work.policy.zone)))
    if linking and linking.login and work.at < linking.expires:
        lines.append((Bold(linking.login), " waits for your word: ", Code(f"/release link confirm {linking.login}")))
    lines.append(("To link an account: ", Code("/release link github"), ". To take it back: ", Code("/release link remove github")))
    return Reply(note("🔗 Your GitHub accounts" if person.github or link else "🔗 No GitHub account is yours here", *lines))


def begin(work: Work[NoArguments]) -> Reply:
    """Have GitHub asked for a code; an earlier attempt is forgotten."""
    person, earlier = work.asker.person, work.facts.linking
    if earlier:
        timers.cancel(work.tx, timer_of(earlier))
    linking = Linking(person.id, person.name, work.asker.slack, work.at, work.at + PATIENCE)
    ask_again(work.tx, links.keep(work.tx, linking), work.facts)
    _write(work, "link:started")
    return Reply(note("🔗 GitHub is asked for a code", ("It comes in a direct message.",)))


def confirm(work: Work[Confirm]) -> Reply:
    """Both sides said so: remember it, in place of what was linked before."""
    linking, before = work.facts.linking, work.facts.link
    assert linking and linking.login and linking.number and linking.linked
    if before:
        links.unlink(work.tx, linking.person, work.at)
        _write(work, "link:removed", before)
    link = Link(linking.person, linking.login, linking.number, linking.linked, work.at)
    links.add(work.tx, link)
    links.forget(work.tx, linking.person)
    timers.cancel(work.tx, timer_of(linking))
    _write(work, "link:confirmed", link)
    return Reply(note(f"🔗 {link.login} is linked to you", ("Work and reviews by it count as yours.",)))


def cancel(work: Work[NoArguments]) -> Reply:
    """The person says no, or stops."""
    linking = work.facts.linking
    assert linking
    give_up(work.tx, linking, "The person said no.", work.facts, work.correlation)
    return Reply(note("⚪ No account was linked"))


def remove(work: Work[Remove]) -> Reply:
    """Take the link back; work by the account is nobody's then, until it is linked again."""
    link = work.facts.link
    assert link
    links.unlink(work.tx, link.person, work.at)
    _write(work, "link:removed", link)
    lines: Line = ("What it wrote or reviewed is nobody's now, so nobody can approve it where authors must be known.",)
    return Reply(note(f"⚪ {link.login} is not linked to you any more", lines))


def _write(work: Work[NoArguments] | Work[Confirm] | Work[Remove], tag: str, link: Link | None = None) -> None:
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    record.write(
        work.tx, tag, actor, work.facts, work.correlation, subject=work.asker.person.id, slack=work.asker.slack,
        login=link.login if link else None, number=link.number if link else None,
    )  # fmt: skip


link_show = Command(
    name="link",
    summary="The GitHub accounts that count as yours.",
    examples=("link",),
    action=Action.READ,
    guards=(authorized,),
    arguments=NoArguments,
    ask=about_me,
    run=show,
)

link_github = Command(
    name="link github",
    summary="Show that a GitHub account is yours.",
    examples=("link github",),
    action=Action.LINK,
    guards=(authorized,),
    arguments=NoArguments,
    ask=about_me,
    run=begin,
)

link_confirm = Command(
    name="link confirm",
    summary="Say that the account that GitHub named is yours.",
    examples=("link confirm ada-l",),
    action=Action.LINK,
    guards=(authorized, confirmable),
    arguments=Confirm,
    ask=about_me,
    run=confirm,
)

link_cancel = Command(
    name="link cancel",
    summary="Stop linking an account.",
    examples=("link cancel",),
    action=Action.LINK,
    guards=(authorized, linking_begun),
    arguments=NoArguments,
    ask=about_me,
    run=cancel,
)

link_remove = Command(
    name="link remove",
    summary="Take the link to your GitHub account back.",
    examples=("link remove github",),
    action=Action.LINK,
    guards=(authorized, linked),
    arguments=Remove,
    ask=about_me,
    run=remove,
)
