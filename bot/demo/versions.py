"""How a story gets a version that could go to production, if it were the time for it.

Invariant: as in `story`: each ✔ was looked up where it happened.
"""

from bot.demo.development import SERVICE
from bot.demo.teller import DidNotHappen, Teller


class Versions(Teller):
    """A teller who has versions made; the arguments are those of `Teller`."""

    async def ready(self, title: str, version: str, content: str) -> None:
        """Dev writes it, Rob reviews it, CI builds it; it runs in staging, and Carla wrote down what only people know.

        Args:
            title: of the pull request; begins with its ticket.
            version: that CI makes of it.
            content: of the service's one file.
        """
        company = self.company
        await company.development.change(title, {"api.py": content}, author="dev", reviewer="rob")
        built = await company.development.release(version)
        await company.deploy_unasked(version, "dev")
        before = await self.running()
        await company.say("dev", f"/release promote {SERVICE} {version} staging")
        await self.until_over(await self.newest_change())
        await company.say("carla", f'/release record complete {SERVICE} {version} issues="none known" rollback="promote {before} again"')
        await company.say("carla", f"/release notes edit {SERVICE} {version}")
        await company.fill("carla")
        self.proved_silently((await self.tags())[-1] == "notes:draft", f"{version} has its record and its notes")
        self.proved(await self.stands("staging") == (version, built.digest), f"staging/ holds {version}, hashed anew")

    async def running(self) -> str:
        """The version in production."""
        found = await self.stands("production")
        if found is None:
            raise DidNotHappen("something runs in production")
        return found[0]
