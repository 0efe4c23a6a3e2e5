"""Says whether a sigstore bundle carries the signature of a wanted identity, under a trust root that the configuration pins.

Invariant: the library verifies, and nothing is `Verified` without it; nothing here asks the network. The library is an extra and is
imported when the first bundle is verified.

Source: sigstore "Client specification", "Bundle format" and "Trusted root"; DSSE 1.0.
"""

import importlib.util
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from bot.adapters.answers import plain
from bot.adapters.signatures import STATEMENT_TYPE, Signed, Unverified, Verified
from guards.provenance import Identity

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from sigstore.models import Bundle, TrustedRoot
    from sigstore_models.common.v1 import TimeRange


class SigstoreIdentity:
    """One identity under a pinned sigstore trust root, such as the release workflow of a repository. Needs `signalbox[sigstore]`.

    A signature counts only when it was made while the root's own keys were valid, also where the library accepts it later.

    Args:
        root: the content of a `trusted_root.json`.
        as_of: the day on which it was fetched.
        identity: the certificate's subject alternative name, exactly; `{version}` in it stands for the version, as in
            `https://github.com/octo/api/.github/workflows/release.yml@refs/tags/{version}`.
        issuer: the OIDC issuer, exactly.

    Raises:
        ValueError: a root that is none, an empty name, or the extra is not installed.
    """

    def __init__(self, *, root: bytes, as_of: date, identity: str, issuer: str) -> None:
        if not identity or not issuer:
            raise ValueError("a signer's identity and its issuer must both be named")
        if importlib.util.find_spec("sigstore") is None:
            raise ValueError("verifying sigstore signatures needs the extra: install signalbox[sigstore]")
        try:
            keys = json.loads(root)
        except ValueError as error:
            raise ValueError("the trust root is not valid JSON") from error
        lists = ("tlogs", "ctlogs", "certificateAuthorities")
        if not isinstance(keys, dict) or not all(keys.get(name) for name in lists):
            raise ValueError(f"the trust root must name {', '.join(lists)}; is it a trusted_root.json?")
        self._root, self._as_of, self._identity, self._issuer = root, as_of, identity, issuer

    def verify(self, signed: Signed, version: str) -> Verified | Unverified:
        """See `Signers.verify`."""
        if signed.bundle is None:
            return Unverified("it stands in no sigstore bundle, so nobody's identity can be verified")
        from sigstore.errors import Error
        from sigstore.models import Bundle, InvalidBundle
        from sigstore.verify import Verifier

        name = self._identity.replace("{version}", version)
        wanted = _Wanted(name, self._issuer)
        try:
            bundle = Bundle.from_json(signed.bundle)
            moments = _moments(bundle)
            verifier = Verifier(trusted_root=self._valid_at(moments))
            kind, content = verifier.verify_dsse(bundle, wanted)
        except InvalidBundle:
            return Unverified("its sigstore bundle cannot be understood")
        except Error as error:
            return Unverified(wanted.why or f"its signature does not hold: {plain(str(error))}")
        except Exception as error:  # whoever may push wrote the bundle, and the libraries below raise whatever they meet
            return Unverified(f"its sigstore bundle cannot be understood ({type(error).__name__})")
        if kind != STATEMENT_TYPE or content != signed.content:
            return Unverified("its signature is over something else than the statement in it")
        return Verified(content, Identity(name, self._issuer, moments[0], self._as_of))

    def _valid_at(self, moments: Iterable[datetime]) -> "TrustedRoot":
        """The root without what was not valid when the signature was made: the library lets keys count for ever."""
        from sigstore.errors import VerificationError
        from sigstore.models import TrustedRoot
        from sigstore_models.trustroot.v1 import TrustedRoot as Keys

        def valid(span: "TimeRange | None") -> bool:
            start, end = (span.start, span.end) if span else (None, None)
            return all((start is None or start <= moment) and (end is None or moment <= end) for moment in moments)

        keys = Keys.from_json(self._root)
        logs = [log for log in keys.tlogs if valid(log.public_key.valid_for)]
        certificate_logs = [log for log in keys.ctlogs if valid(log.public_key.valid_for)]
        authorities = [authority for authority in keys.certificate_authorities if valid(authority.valid_for)]
        if not (logs and certificate_logs and authorities):
            raise VerificationError("when it was made, the trust root's keys were not valid yet, or no longer")
        return TrustedRoot(keys.model_copy(update={"tlogs": logs, "ctlogs": certificate_logs, "certificate_authorities": authorities}))


def _moments(bundle: "Bundle") -> list[datetime]:
    """When the signature was made, by everything that claims to prove it; the verifier checks the first."""
    from sigstore.errors import VerificationError

    entry = bundle.log_entry._inner  # the library shows the moment of a log entry nowhere else
    found = [datetime.fromtimestamp(entry.integrated_time, UTC)] if entry.integrated_time and entry.inclusion_promise else []
    stamps = bundle.verification_material.timestamp_verification_data
    found += [stamp.tst_info.gen_time for stamp in stamps.rfc3161_timestamps] if stamps else []
    if not found:
        raise VerificationError("nothing proves when it was made")
    if len(found) > 2 or (len(found) == 2 and not entry.integrated_time):
        # The verifier is content with one timestamp that holds, and does not say which.
        raise VerificationError("it carries more than one timestamp")
    return found


class _Wanted:
    """The library's `VerificationPolicy` for one identity of one issuer.

    Attributes:
        why: what was wrong with a certificate that was not theirs, for people.
    """

    def __init__(self, name: str, issuer: str) -> None:
        self._name, self._issuer, self.why = name, issuer, ""

    def verify(self, cert: "Certificate") -> None:
        """Raises the library's `VerificationError` for everybody else's certificate."""
        from cryptography.x509 import SubjectAlternativeName
        from sigstore.errors import VerificationError
        from sigstore.verify.policy import AnyOf, Identity, OIDCIssuer, OIDCIssuerV2

        try:
            Identity(identity=self._name).verify(cert)
        except VerificationError:
            names = cert.extensions.get_extension_for_class(SubjectAlternativeName).value
            self.why = f"it was signed by {plain(', '.join(str(name.value) for name in names))}, not by {self._name}"
            raise
        try:
            AnyOf([OIDCIssuerV2(self._issuer), OIDCIssuer(self._issuer)]).verify(cert)
        except VerificationError:
            self.why = f"{self._issuer} did not vouch for who signed it"
            raise
