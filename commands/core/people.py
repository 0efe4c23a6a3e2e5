"""Who somebody is: one corporate identity behind Slack accounts, e-mail addresses and GitHub logins (RBAC-01, RBAC-09, SOD-12, SOD-14).

Invariant: the policy file goes first. An address counts only when Slack confirmed it and its domain is in `slack.domains`; where the file
and an address name two different people, nobody is let in.
"""

import asyncio
from collections.abc import Collection

from commands.core.deadline import Deadline
from commands.core.ports.people import Account, Directory, SignIn
from guards.duties import login_of
from guards.identity import Stranger
from guards.policy import Policy
from guards.sections import Person
from guards.unread import Absent, Unread
from guards.version import Artifact


class People:
    """Resolves accounts to people.

    Args:
        policy: in force.
        directory: Slack's accounts.
        sign_in: GitHub's accounts.
    """

    def __init__(self, policy: Policy, directory: Directory, sign_in: SignIn) -> None:
        self._policy = policy
        self._directory = directory
        self._sign_in = sign_in

    async def asker(self, user: str, deadline: Deadline | None = None) -> Person | Stranger | Unread:
        """The person behind a Slack account, or why it is nobody here.

        Args:
            user: Slack user id.
            deadline: that of the whole judgement; one of its own when None.
        """
        account = await (deadline or Deadline()).read("your Slack account", self._directory.account, user)
        if isinstance(account, Unread):
            return account
        if isinstance(account, Absent):
            return Stranger(user, user, "Slack knows no such account.")
        says = {
            "A deactivated account": account.deleted,
            "A bot or workflow": account.bot,
            "Somebody from another workspace": account.external or account.team not in self._policy.slack.teams,
            "A guest": account.guest,
        }
        if why := next((who for who, true in says.items() if true), None):
            return Stranger(user, account.name, f"{why} cannot use releases here.")
        return self._owner(account)

    def _owner(self, account: Account) -> Person | Stranger:
        """Whose account it is: by the policy file, else by its address."""
        user, address = account.user, self._policy.of_ours(account.email)
        listed = self._policy.by_slack.get(user)
        named = self._policy.by_email.get(address or "")
        if listed and named and listed.id != named.id:
            why = f"The policy file gives your Slack account {user} to {listed.id}, its address to {named.id}; one of them is wrong."
            return Stranger(user, account.name, why)
        if listed:
            return listed
        if named and named.slack:
            why = f"The policy file lists the Slack accounts of {named.id}, and {user} is not among them."
            return Stranger(user, account.name, why)
        if named:
            return named.model_copy(update={"slack": (user,)})
        if address:
            return Person(id=address, name=account.name[:80], slack=(user,))
        return Stranger(user, account.name, f"Your Slack account {user} belongs to nobody in the policy file.")

    async def person(self, corporate: str, deadline: Deadline | None = None) -> Person | Stranger | Unread:
        """A person as they stand now: one working account is enough (RBAC-09).

        Args:
            corporate: id.
            deadline: as for `asker`.
        """
        deadline = deadline or Deadline()
        known = self._policy.by_id.get(corporate)
        if known and known.slack:
            seen = await asyncio.gather(*(self.asker(account, deadline) for account in known.slack))
        else:
            ours = [a for a in (corporate, *(known.emails if known else ())) if self._policy.of_ours(a)]
            seen = await asyncio.gather(*(self._by_address(address, corporate, deadline) for address in ours))
        order = (Person, Unread, Stranger)
        gone = Stranger("", corporate, f"{corporate} is no longer in the policy file.")
        return min(seen, key=lambda s: next(i for i, kind in enumerate(order) if isinstance(s, kind)), default=gone)

    async def _by_address(self, address: str, corporate: str, deadline: Deadline) -> Person | Stranger | Unread:
        found = await self._holder(address, deadline)
        if isinstance(found, Person) and found.id != corporate:
            return Stranger("", found.name, f"The Slack account of {address} is {found.id}.")
        return found

    async def _holder(self, address: str, deadline: Deadline) -> Person | Stranger | Unread:
        """Whose Slack account has an address: the same person as when the account itself asks (SOD-02)."""
        user = await deadline.read(f"the Slack account of {address}", self._directory.holder, address)
        if isinstance(user, Unread):
            return user
        if isinstance(user, Absent):
            return Stranger("", address, f"No working Slack account has the address {address}.")
        return await self.asker(user, deadline)

    async def writers(self, artifact: Artifact | Absent | Unread, deadline: Deadline) -> dict[str, Person | Stranger | Unread]:
        """Authors and reviewers whom only their address tells: anybody can write any address into a commit, so Slack must know it.

        Returns:
            Address → who it is.
        """
        policy = self._policy
        ours = sorted({a for handle in _handles(artifact) if (a := policy.of_ours(handle)) and a not in policy.by_email})
        seen = await asyncio.gather(*(self._holder(address, deadline) for address in ours))
        return dict(zip(ours, seen, strict=True))

    async def accounts(self, logins: Collection[str], repository: str, deadline: Deadline) -> dict[str, int | Absent | Unread]:
        """GitHub's ids of the accounts that have these logins now: a login may have been renamed, or be somebody else's since.

        Args:
            logins: lower case.
            repository: where they worked.
            deadline: of the whole judgement.

        Returns:
            Login → the account's id.
        """
        names = sorted(logins)
        reads = (deadline.read(f"the GitHub account {name}", self._sign_in.account, name, repository) for name in names)
        found = await asyncio.gather(*reads)
        return {n: f if isinstance(f, Absent | Unread) else f.number for n, f in zip(names, found, strict=True)}


def unknown_logins(artifact: Artifact | Absent | Unread, policy: Policy) -> frozenset[str]:
    """The logins of authors and reviewers, lower case, that the policy file does not give to anybody: a link may."""
    logins = (login_of(handle) for handle in _handles(artifact))
    return frozenset(login for login in logins if login and login not in policy.by_login)


def _handles(artifact: Artifact | Absent | Unread) -> frozenset[str]:
    if not isinstance(artifact, Artifact):
        return frozenset()
    return (artifact.authors or frozenset()) | (artifact.reviewers or frozenset())
