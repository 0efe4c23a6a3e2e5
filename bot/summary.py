"""What a policy says, on one screen: for `signalbox check`."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from guards.calendar_rules import Window
from guards.policy import Policy
from guards.vocabulary import Action


def show(policy: Policy, console: Console | None = None) -> None:
    """Print it.

    Args:
        policy: what to sum up.
        console: where to; standard output when left out.
    """
    out = console or Console(soft_wrap=True)
    out.print(Text(f"The policy is sound ({policy.hash[:12]}).", style="bold green"))
    out.print(_services(policy))
    out.print(_production(policy))
    out.print(_windows(policy))


def _table(title: str, *columns: str) -> Table:
    table = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False, header_style="dim")
    table.title_style = "bold"
    return table


def _services(policy: Policy) -> Table:
    table = _table("Services", "name", "way", "CI", "owners")
    for name, service in policy.services.items():
        table.add_row(name, " → ".join(policy.chain(name)), service.ci, ", ".join(policy.by_id[owner].name for owner in service.owners))
    return table


def _production(policy: Policy) -> Table:
    table = _table("Production", "environment", "may promote", "may approve", "approvals")
    for environment in policy.environments:
        if environment.production:
            rule = policy.approval_rule(environment.name)
            among = f", among them {' and '.join(rule.roles)}" if rule.roles else ""
            table.add_row(
                environment.name,
                _who(policy, Action.PROMOTE, environment.name),
                _who(policy, Action.APPROVE, environment.name),
                f"{rule.count}{among}{', and what its risk takes' if policy.assesses(None, environment.name) else ''}",
            )
    return table


def _who(policy: Policy, action: Action, environment: str) -> str:
    return ", ".join(policy.allow.get(action, {}).get(environment, ())) or "nobody"


def _windows(policy: Policy) -> Table:
    table = _table(f"Windows (closed: {', '.join(policy.closed_weekdays) or 'no day'})", "name", "opens", "for")
    for name, window in policy.windows.items():
        table.add_row(name, _opens(policy, window), ", ".join(window.services) if window.services is not None else "all services")
    if not policy.windows:
        table.add_row("none", "production never opens", "")
    return table


def _opens(policy: Policy, window: Window) -> str:
    days = " ".join((*window.days, *(str(day) for day in window.dates)))
    zones = {window.zone or policy.zone_of(service) for service in (policy.services if window.services is None else window.services)}
    return f"{days} {window.start:%H:%M}–{window.end:%H:%M} {' / '.join(sorted(zones))}"
