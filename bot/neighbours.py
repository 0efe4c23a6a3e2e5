"""Makes the adapters of the neighbours that a policy names: CI, artifact sources, version control, and what is attached to artifacts.

Invariant: nothing is asked here; a neighbour that cannot be made for what the settings say is told at the start, not at the first use.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.adapters.generic_ci import GenericArtifacts, GenericCI
from bot.adapters.github import GitHubActions
from bot.adapters.github_auth import Auth, TokenAuth
from bot.adapters.github_sign_in import GitHubSignIn
from bot.adapters.holiday_calendars import HolidayCalendars
from bot.adapters.incident_sources import IncidentIoSource, PagerDutySource, SignedSource
from bot.adapters.links import HttpLinks
from bot.adapters.registry import OciArtifacts
from bot.adapters.registry_auth import Login
from bot.adapters.transport import Transport
from bot.settings import Settings, SettingsError
from commands.core.ports.artifacts import Artifacts, Proofs
from commands.core.ports.calendars import Calendars
from commands.core.ports.ci import CI
from commands.core.ports.clock import Clock
from commands.core.ports.freeze_calendars import FreezeCalendars, NoFreezeCalendars
from commands.core.ports.incidents import IncidentSource
from commands.core.ports.links import Links, NobodyLooks
from commands.core.ports.vcs import MergeStatuses, Releases, Vcs
from guards.incident_rules import IncidentIo, PagerDuty
from guards.neighbours import GitHubCI, KeySigner, OciRegistry, SigstoreSigner
from guards.policy import Policy

if TYPE_CHECKING:
    from bot.adapters.signatures import Signers


@dataclass(frozen=True)
class Neighbours:
    """Whom the bot asks, by their names in the policy.

    Args:
        ci: what deploys.
        sources: where built versions are known by digest.
        histories: kind in a service's `history` → version control.
        proofs: name in `artifacts` → what is attached to artifacts there.
        releases: kind in a service's `publish` → where release notes are published.
        calendars: public holidays.
        freeze_calendars: shared calendars of freezes.
        statuses: kind in a service's `history` → where merge freezes are shown.
        links: looks at the links in records.
        incidents: name in the policy's `incidents.intake` → who is heard there.
    """

    ci: Mapping[str, CI]
    sources: Mapping[str, Artifacts]
    histories: Mapping[str, Vcs] = field(default_factory=dict)
    proofs: Mapping[str, Proofs] = field(default_factory=dict)
    releases: Mapping[str, Releases] = field(default_factory=dict)
    calendars: Calendars = field(default_factory=HolidayCalendars)
    freeze_calendars: FreezeCalendars = field(default_factory=NoFreezeCalendars)
    statuses: Mapping[str, MergeStatuses] = field(default_factory=dict)
    links: Links = field(default_factory=NobodyLooks)
    incidents: Mapping[str, IncidentSource] = field(default_factory=dict)


def neighbours_of(settings: Settings, policy: Policy, transport: Transport, clock: Clock) -> Neighbours:
    """The real ones.

    Raises:
        SettingsError: a secret or a trust root that the policy names is missing or unusable.
        ValueError: an address or a key that cannot be right.
    """
    return Neighbours(
        _ci(settings, policy, transport, clock),
        _sources(settings, policy, transport, clock),
        _histories(settings, policy, transport, clock),
        _proofs(settings, policy, transport),
        _releases(settings, policy, transport, clock),
        freeze_calendars=_freeze_calendars(policy, transport),
        statuses=_statuses(settings, policy, transport, clock),
        links=links_of(settings) if policy.looks_at_links else NobodyLooks(),
        incidents=incident_sources_of(settings, policy),
    )


def names_of(settings: Settings, policy: Policy) -> dict[str, str]:
    """What people call a neighbour that is called over HTTP → an address of it that anybody may read, also while it works for nobody."""
    kinds = [entry.kind for entry in policy.ci.values()] + [s.history for s in policy.services.values() if s.history]
    names = {"github": settings.github_api_url} if "github" in kinds or settings.github_client_id else {}
    if settings.github_client_id and urlsplit(settings.github_url).netloc != urlsplit(settings.github_api_url).netloc:
        names["github sign-in"] = settings.github_url
    names |= {f"ci {name}": f"{entry.url}/health" for name, entry in policy.ci.items() if not isinstance(entry, GitHubCI)}
    for name, entry in policy.artifacts.items():
        names[f"artifacts {name}"] = f"{entry.url}/v2/" if isinstance(entry, OciRegistry) else entry.url
    return names | {f"freeze calendar {name}": calendar.url for name, calendar in policy.freeze_calendars.items()}


def links_of(settings: Settings) -> HttpLinks:
    """Who looks at links; of GitHub it is known that it hides private repositories, and the bot shows no credentials."""
    return HttpLinks(hiding=frozenset({"github.com", urlsplit(settings.github_url).hostname or ""}))


def incident_sources_of(settings: Settings, policy: Policy) -> dict[str, IncidentSource]:
    """Name in the policy's `incidents.intake` → who is heard there.

    Raises:
        SettingsError: a secret that the policy names is missing.
        ValueError: a secret that cannot be right.
    """
    found: dict[str, IncidentSource] = {}
    for name, intake in policy.incidents.intake.items():
        secret = settings.secret(intake.secret)
        if isinstance(intake, PagerDuty):
            found[name] = PagerDutySource(secret)
        elif isinstance(intake, IncidentIo):
            found[name] = IncidentIoSource(secret, intake.field)
        else:
            found[name] = SignedSource(name, secret)
    return found


def _github_auth(settings: Settings, transport: Transport, clock: Clock) -> Auth:
    if settings.github_app_id and settings.github_app_private_key:
        from bot.adapters.github_app import AppAuth  # what signs is heavy, and a token needs none of it

        return AppAuth(
            transport, api_url=settings.github_api_url, app=settings.github_app_id, key=settings.github_app_private_key, clock=clock
        )
    return TokenAuth(settings.github_token or SecretStr("none-was-given"))


def sign_in_of(settings: Settings, transport: Transport, clock: Clock) -> GitHubSignIn:
    """Where people prove which GitHub account is theirs; looked up with the App's or the token's credentials, if there are any."""
    known = settings.github_app_id or settings.github_token
    return GitHubSignIn(
        transport,
        web_url=settings.github_url,
        api_url=settings.github_api_url,
        client=settings.github_client_id,
        auth=_github_auth(settings, transport, clock) if known else None,
    )


def _ci(settings: Settings, policy: Policy, transport: Transport, clock: Clock) -> dict[str, CI]:
    found: dict[str, CI] = {}
    for name, entry in policy.ci.items():
        if isinstance(entry, GitHubCI):
            mine = [s for s in policy.services.values() if s.ci == name]
            found[name] = GitHubActions(
                transport,
                _github_auth(settings, transport, clock),
                clock=clock,
                # without a secret no webhook can be believed: runs are looked up instead
                webhook_secret=settings.github_webhook_secret or SecretStr(secrets.token_hex(32)),
                workflows=[
                    (s.repository, workflow)
                    for s in mine
                    for workflow in (*s.workflows.values(), *s.access.values(), s.branch_workflow, s.integration)
                    if workflow
                ],
                api_url=settings.github_api_url,
            )
        else:
            found[name] = GenericCI(transport, name=name, base=entry.url, secret=settings.secret(entry.secret), clock=clock)
    return found


def _freeze_calendars(policy: Policy, transport: Transport) -> FreezeCalendars:
    """Shared calendars of freezes."""
    if not policy.freeze_calendars:
        return NoFreezeCalendars()
    from bot.adapters.freeze_calendars import ICalFreezes

    return ICalFreezes(transport, policy.freeze_calendars, policy.zone)


def _histories(settings: Settings, policy: Policy, transport: Transport, clock: Clock) -> dict[str, Vcs]:
    """Where histories are read, for the services that name one."""
    if not any(service.history for service in policy.services.values()):
        return {}
    from bot.adapters.github_api import GitHubApi
    from bot.adapters.github_vcs import GitHubVcs

    api = GitHubApi(transport, _github_auth(settings, transport, clock), clock=clock, api_url=settings.github_api_url)
    return {"github": GitHubVcs(api, ticket=policy.naming.ticket)}


def _releases(settings: Settings, policy: Policy, transport: Transport, clock: Clock) -> dict[str, Releases]:
    """Where release notes are published, for the services that say so."""
    if not any(service.publish for service in policy.services.values()):
        return {}
    from bot.adapters.github_releases import GitHubReleases

    auth = _github_auth(settings, transport, clock)
    return {"github": GitHubReleases(transport, auth, clock=clock, api_url=settings.github_api_url)}


def _statuses(settings: Settings, policy: Policy, transport: Transport, clock: Clock) -> dict[str, MergeStatuses]:
    """Where merge freezes are shown, for the services that say so."""
    if not any(service.freeze_status for service in policy.services.values()):
        return {}
    from bot.adapters.github_statuses import GitHubStatuses

    return {"github": GitHubStatuses(transport, _github_auth(settings, transport, clock), clock=clock, api_url=settings.github_api_url)}


def _sources(settings: Settings, policy: Policy, transport: Transport, clock: Clock) -> dict[str, Artifacts]:
    found: dict[str, Artifacts] = {}
    for name, entry in policy.artifacts.items():
        if isinstance(entry, OciRegistry):
            repositories = {n: s.coordinates for n, s in policy.services.items() if s.artifacts == name and s.coordinates}
            found[name] = OciArtifacts(transport, base=entry.url, repositories=repositories, login=_login(settings, entry))
        else:
            found[name] = GenericArtifacts(transport, name=name, base=entry.url, secret=settings.secret(entry.secret), clock=clock)
    return found


def _proofs(settings: Settings, policy: Policy, transport: Transport) -> dict[str, Proofs]:
    """What is attached to artifacts, for the OCI registries whose signers the policy pins."""
    registries = {name: entry for name, entry in policy.artifacts.items() if isinstance(entry, OciRegistry) and entry.signers}
    if not registries:
        return {}
    from bot.adapters.attestations import Trust
    from bot.adapters.oci_proofs import OciProofs

    found: dict[str, Proofs] = {}
    for name, entry in registries.items():
        signers = tuple(_signers(settings, one) for one in entry.signers)
        mine = {n: s for n, s in policy.services.items() if s.artifacts == name and s.coordinates}
        found[name] = OciProofs(
            transport,
            base=entry.url,
            repositories={n: s.coordinates for n, s in mine.items() if s.coordinates},
            trust={n: Trust(s.address, signers) for n, s in mine.items()},
            login=_login(settings, entry),
        )
    return found


def _signers(settings: Settings, signer: KeySigner | SigstoreSigner) -> "Signers":
    if isinstance(signer, KeySigner):
        from bot.adapters.signatures import PinnedKeys

        return PinnedKeys(signer.public_key)
    from bot.adapters.sigstore_identity import SigstoreIdentity

    path = settings.policy.parent / signer.root
    try:
        root = path.read_bytes()
    except OSError as error:
        raise SettingsError([f"{path}: the trust root that the policy pins cannot be read ({error.strerror})"]) from error
    return SigstoreIdentity(root=root, as_of=signer.root_as_of, identity=signer.identity, issuer=signer.issuer)


def _login(settings: Settings, entry: OciRegistry) -> Login | None:
    return Login(entry.username or "", settings.secret(entry.password)) if entry.password else None
