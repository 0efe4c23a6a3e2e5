"""What the environment tells: read, checked and told at once, and never a secret in a sentence (OPS-14)."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from bot.policy_file import load as load_policy
from bot.settings import SECRETS, VARIABLES, SettingsError, load, missing, warnings
from guards.policy import Policy
from tests.world.keys import RSA_KEY
from tests.world.signing import SIGNING_KEY

PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----"  # pragma: allowlist secret
HTTP = {"SLACK_BOT_TOKEN": "xoxb-1-secret", "SLACK_SIGNING_SECRET": "8f742231b10e8888abcd99yyyzzz85a5"}
SOCKET = {"SLACK_BOT_TOKEN": "xoxb-1-secret", "SLACK_APP_TOKEN": "xapp-1-secret"}
NAMED = {"SHOP_CI_SECRET": "s1-secret", "REGISTRY_PASSWORD": "s2-secret"}
TOKEN = {"GITHUB_TOKEN": "github_pat_secret", "GITHUB_WEBHOOK_SECRET": "s3-secret"}

Environment = Callable[..., None]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Environment:
    """Sets exactly these variables of ours, and no other."""
    for name in os.environ:
        if name.startswith(("SIGNALBOX_", "SLACK_", "GITHUB_", "OTEL_")):
            monkeypatch.delenv(name)

    def give(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)

    return give


@pytest.fixture
def policy() -> Policy:
    return load_policy(Path(__file__).parents[2] / "examples" / "signalbox.yaml")


def problems() -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load()
    return caught.value.problems


def test_nothing_set_gives_the_defaults(environment: Environment) -> None:
    settings = load()
    assert (settings.policy, settings.host, settings.port, settings.internal_port) == (Path("signalbox.yaml"), "127.0.0.1", 3000, 3001)
    assert settings.database_url.get_secret_value() == "sqlite:///signalbox.db"
    assert (settings.slack_api_url, settings.github_api_url) == ("https://slack.com/api", "https://api.github.com")
    assert (settings.log_level, settings.otel_endpoint, settings.socket_mode) == ("info", None, False)


def test_all_mistakes_are_told_at_once_and_no_secret_with_them(environment: Environment) -> None:
    environment(
        SIGNALBOX_DATABASE_URL="postgres://bot:hunter2@db/signalbox",
        SIGNALBOX_PORT="http",
        SIGNALBOX_INTERNAL_PORT="70000",
        SIGNALBOX_LOG_LEVEL="inof",
        SLACK_BOT_TOKEN="xoxp-hunter2",
        SLACK_SIGNING_SECRET="hunter2 ",
        SLACK_APP_TOKEN="hunter2",
        SLACK_API_URL="http://slack.example.com",
        GITHUB_API_URL="https://user:hunter2@github.example.com",
        GITHUB_APP_ID="1 2",
        GITHUB_APP_PRIVATE_KEY="hunter2",
        GITHUB_TOKEN="hunter2\nhunter2",
        OTEL_EXPORTER_OTLP_ENDPOINT="collector:4318",
        SIGNALBOX_GIT_SHA="main",
    )
    told = problems()
    assert "hunter2" not in "".join(told)
    assert told == snapshot(
        [
            "SIGNALBOX_DATABASE_URL: write postgresql://…; the driver is chosen for you",
            "SIGNALBOX_PORT: write a port from 1 to 65535, or 0 for any that is free",
            "SIGNALBOX_INTERNAL_PORT: write a port from 1 to 65535, or 0 for any that is free",
            "SLACK_BOT_TOKEN: does not begin with xoxb-; copy it from the app's OAuth & Permissions page",
            "SLACK_SIGNING_SECRET: has a space or a line break in it that does not belong there; copy it again",
            "SLACK_APP_TOKEN: does not begin with xapp-; copy it from the app's Basic Information page, App-Level Tokens",
            "SLACK_API_URL: use https://; tokens are sent there (http:// is for this machine only)",
            "GITHUB_API_URL: leave out user name, query and fragment",
            "GITHUB_APP_ID: write the App ID or the Client ID from the app's settings page",
            "GITHUB_APP_PRIVATE_KEY: is no PEM private key; give the downloaded .pem file with GITHUB_APP_PRIVATE_KEY_FILE",
            "GITHUB_TOKEN: has a space or a line break in it that does not belong there; copy it again",
            "SIGNALBOX_LOG_LEVEL: 'inof' is not known, did you mean 'info'?",
            "OTEL_EXPORTER_OTLP_ENDPOINT: is no address; write one like https://example.com",
            "SIGNALBOX_GIT_SHA: is no commit; write its id as `git rev-parse HEAD` prints it",
            "GITHUB_TOKEN: is given beside a GitHub App; keep one of the two",
        ]
    )


@pytest.mark.parametrize(
    ("name", "wrong", "right"),
    [
        ("SIGNALBOX_DATABASE_URL", "sqlite://", "sqlite:///signalbox.db"),
        ("SIGNALBOX_DATABASE_URL", "sqlite:///:memory:", "sqlite:////var/lib/signalbox.db"),
        ("SIGNALBOX_DATABASE_URL", "postgresql+psycopg://db/x", "postgresql://db/x"),
        ("SIGNALBOX_DATABASE_URL", "postgresql://db", "postgresql://bot:p%40ss@db:5432/x?sslmode=require"),
        ("SIGNALBOX_DATABASE_URL", "postgresql:///x", "postgresql:///x?host=/var/run/postgresql"),
        ("SIGNALBOX_DATABASE_URL", "mysql://db/x", "postgresql://[::1]/x"),
        ("SIGNALBOX_PORT", "-1", "0"),
        ("SIGNALBOX_PORT", "65536", "65535"),
        ("SIGNALBOX_PORT", "tcp://10.0.0.7:3000", "3000"),
        ("SLACK_API_URL", "http://10.0.0.7/api", "http://127.0.0.1:3210/api"),
        ("GITHUB_API_URL", "github.example.com", "https://github.example.com/api/v3"),
        ("GITHUB_API_URL", "https://github.example.com:port", "https://github.example.com:8443"),
        ("GITHUB_URL", "http://github.example.com", "https://github.example.com"),
        ("GITHUB_CLIENT_ID", "Iv1 8a61", "Iv1.8a61f9b3a7aba766"),
        ("SIGNALBOX_LOG_LEVEL", "loud", "DEBUG"),
        ("SLACK_BOT_TOKEN", "xapp-1", "xoxb-1"),
        ("SLACK_APP_TOKEN", "xoxb-1", "xapp-1"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_by_its_name_and_its_twin_is_read(
    environment: Environment, name: str, wrong: str, right: str
) -> None:
    environment(**{name: wrong})
    (told,) = problems()
    assert told.startswith(f"{name}: ")
    environment(**{name: right})
    load()


def test_the_port_that_kubernetes_sets_is_recognised(environment: Environment) -> None:
    environment(SIGNALBOX_PORT="tcp://10.0.0.7:3000")
    assert problems() == snapshot(
        ["SIGNALBOX_PORT: was set by Kubernetes for the Service of this name; set `enableServiceLinks: false` for the pod"]
    )


def test_addresses_lose_their_last_slash(environment: Environment) -> None:
    environment(SLACK_API_URL="https://slack.example.com/api/")
    assert load().slack_api_url == "https://slack.example.com/api"


def test_two_servers_cannot_share_a_port_but_both_may_take_any(environment: Environment) -> None:
    environment(SIGNALBOX_PORT="3001")
    assert problems() == snapshot(
        ["SIGNALBOX_INTERNAL_PORT: is the same as SIGNALBOX_PORT; health details and metrics take a port of their own"]
    )
    environment(SIGNALBOX_PORT="0", SIGNALBOX_INTERNAL_PORT="0")
    load()


def test_people_sign_in_to_the_github_that_is_asked(environment: Environment) -> None:
    """A person's token must not go to another GitHub than it is for."""
    environment(GITHUB_CLIENT_ID="Iv1.8a61f9b3a7aba766")
    load()
    environment(GITHUB_API_URL="https://github.example.com/api/v3")
    assert problems() == snapshot(
        ["GITHUB_URL: names another GitHub than GITHUB_API_URL; people would sign in to the one and be looked for in the other"]
    )
    environment(GITHUB_URL="https://github.example.com")
    load()


def test_github_is_reached_as_an_app_or_with_a_token(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    environment(GITHUB_APP_ID="123")
    assert problems() == snapshot(["GITHUB_APP_PRIVATE_KEY: is not set although GITHUB_APP_ID is; a GitHub App takes both"])
    environment(GITHUB_APP_PRIVATE_KEY=PEM)
    load()
    environment(GITHUB_TOKEN="github_pat_x")
    assert problems() == snapshot(["GITHUB_TOKEN: is given beside a GitHub App; keep one of the two"])
    monkeypatch.delenv("GITHUB_APP_ID")
    monkeypatch.delenv("GITHUB_APP_PRIVATE_KEY")
    load()
    environment(GITHUB_APP_PRIVATE_KEY=PEM)
    assert len(problems()) == 2


# ---------------------------------------------------------------- secrets


def test_no_secret_shows_in_any_form(environment: Environment) -> None:
    environment(**HTTP, **TOKEN, SIGNALBOX_DATABASE_URL="postgresql://bot:db-secret@db/x")
    settings = load()
    shown = f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert "secret'" not in shown.replace("_secret'", "")
    assert all(value not in shown for value in (*HTTP.values(), *TOKEN.values(), "db-secret"))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        pytest.param(PEM, "is no PEM private key without a passphrase", id="none"),
        pytest.param(RSA_KEY, "is no Ed25519 key; make one with `signalbox evidence keygen`", id="of another kind"),
    ],
)
def test_a_signing_key_that_cannot_sign_is_told_at_the_start(environment: Environment, value: str, said: str) -> None:
    environment(SIGNALBOX_SIGNING_KEY=value)
    assert problems() == [f"SIGNALBOX_SIGNING_KEY: {said}"]
    environment(SIGNALBOX_SIGNING_KEY=SIGNING_KEY)
    assert load().signing_key is not None


@pytest.mark.parametrize("name", SECRETS)
def test_each_secret_can_come_from_a_file(environment: Environment, tmp_path: Path, name: str) -> None:
    value = {
        "SIGNALBOX_DATABASE_URL": "postgresql://db/x",
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "GITHUB_APP_PRIVATE_KEY": PEM,
        "SIGNALBOX_SIGNING_KEY": SIGNING_KEY.strip(),
    }.get(name, "value")
    file = tmp_path / "secret"
    file.write_text(f"{value}\n", encoding="utf-8")
    environment(**{f"{name}_FILE": str(file)})
    if name == "GITHUB_APP_PRIVATE_KEY":
        environment(GITHUB_APP_ID="123")
    settings = load()
    field = next(field for field, variable in VARIABLES.items() if variable == name)
    assert getattr(settings, field).get_secret_value() == value


def test_a_secret_file_that_cannot_be_used_is_told_without_its_text(environment: Environment, tmp_path: Path) -> None:
    for name, raw in {"empty": b"\n", "binary": b"\xff\xfehunter2", "large": b"x" * 100_000, "good": b"xoxb-1"}.items():
        (tmp_path / name).write_bytes(raw)
    environment(
        SLACK_BOT_TOKEN="xoxb-1",
        SLACK_BOT_TOKEN_FILE=str(tmp_path / "good"),
        SLACK_SIGNING_SECRET_FILE=str(tmp_path / "none"),
        SLACK_APP_TOKEN_FILE=str(tmp_path / "empty"),
        GITHUB_TOKEN_FILE=str(tmp_path / "binary"),
        GITHUB_WEBHOOK_SECRET_FILE=str(tmp_path / "large"),
        SIGNALBOX_DATABASE_URL_FILE=str(tmp_path),
    )
    assert problems() == snapshot(
        [
            "SIGNALBOX_DATABASE_URL: the file that SIGNALBOX_DATABASE_URL_FILE names cannot be read (Is a directory)",
            "SLACK_BOT_TOKEN: is given twice; keep SLACK_BOT_TOKEN or SLACK_BOT_TOKEN_FILE",
            "SLACK_SIGNING_SECRET: the file that SLACK_SIGNING_SECRET_FILE names cannot be read (No such file or directory)",
            "SLACK_APP_TOKEN: the file that SLACK_APP_TOKEN_FILE names is empty",
            "GITHUB_TOKEN: the file that GITHUB_TOKEN_FILE names is not text",
            "GITHUB_WEBHOOK_SECRET: the file that GITHUB_WEBHOOK_SECRET_FILE names is too large for a secret",
        ]
    )


def test_an_empty_variable_is_not_set(environment: Environment) -> None:
    environment(SLACK_SIGNING_SECRET="", SIGNALBOX_PORT="")
    settings = load()
    assert (settings.slack_signing_secret, settings.port) == (None, 3000)


def test_a_secret_that_the_policy_names_is_read_from_the_environment_or_a_file(environment: Environment, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s2-secret\r\n", encoding="utf-8")
    environment(SHOP_CI_SECRET="s1-secret", REGISTRY_PASSWORD_FILE=str(tmp_path / "secret"))
    settings = load()
    assert settings.secret("SHOP_CI_SECRET").get_secret_value() == "s1-secret"
    assert settings.secret("REGISTRY_PASSWORD").get_secret_value() == "s2-secret"
    with pytest.raises(SettingsError) as caught:
        settings.secret("OTHER_SECRET")
    assert caught.value.problems == snapshot(["OTHER_SECRET: is not set; set it or OTHER_SECRET_FILE"])
    environment(SHOP_CI_SECRET="s1-secret\n")
    with pytest.raises(SettingsError, match=r"^SHOP_CI_SECRET: has a space"):
        settings.secret("SHOP_CI_SECRET")


# ---------------------------------------------------------------- what this policy takes


def test_what_the_policy_takes_and_is_not_set_is_told(environment: Environment, policy: Policy) -> None:
    assert missing(load(), policy) == snapshot(
        [
            "SLACK_BOT_TOKEN: is not set; copy it from the app's OAuth & Permissions page",
            "SLACK_SIGNING_SECRET: is not set; copy it from the app's Basic Information page, or set SLACK_APP_TOKEN for Socket Mode",
            "GITHUB_APP_ID: is not set; give it with GITHUB_APP_PRIVATE_KEY, or give GITHUB_TOKEN: the policy uses GitHub",
            "SHOP_CI_SECRET: is not set; set it or SHOP_CI_SECRET_FILE (ci.in-house.secret, artifacts.build-index.secret)",
            "REGISTRY_PASSWORD: is not set; set it or REGISTRY_PASSWORD_FILE (artifacts.images.password)",
        ]
    )


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(HTTP | TOKEN | NAMED, id="over HTTP"),
        pytest.param(SOCKET | TOKEN | NAMED, id="over Socket Mode, without a signing secret"),
        pytest.param(HTTP | NAMED | {"GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": PEM}, id="as a GitHub App"),
    ],
)
def test_nothing_is_missing(environment: Environment, policy: Policy, given: dict[str, str]) -> None:
    environment(**given)
    assert missing(load(), policy) == []


@pytest.mark.parametrize("name", [*HTTP, "GITHUB_TOKEN", *NAMED])
def test_each_of_them_is_needed(environment: Environment, policy: Policy, name: str) -> None:
    environment(**{key: value for key, value in (HTTP | TOKEN | NAMED).items() if key != name})
    assert len(missing(load(), policy)) == 1


def test_a_command_that_never_speaks_with_slack_takes_no_slack_tokens(environment: Environment, policy: Policy) -> None:
    environment(**TOKEN, **NAMED)
    assert missing(load(), policy, serve=False) == []
    assert len(missing(load(), policy)) == 2


def test_a_policy_without_github_takes_no_github_credentials(environment: Environment, policy: Policy) -> None:
    environment(**HTTP, **NAMED, SIGNALBOX_SIGNING_KEY=SIGNING_KEY)
    only_http = policy.model_copy(update={"ci": {"in-house": policy.ci["in-house"]}, "services": {}})
    assert missing(load(), only_http) == []
    assert warnings(load(), only_http) == []


def test_what_works_but_was_perhaps_not_meant_is_a_warning(environment: Environment, policy: Policy) -> None:
    environment(SIGNALBOX_DATABSE_URL="sqlite:///x", SIGNALBOX_POLICY_FILE="x", SIGNALBOX_SERVICE_HOST="10.0.0.7")
    assert warnings(load(), policy) == snapshot(
        [
            "GITHUB_WEBHOOK_SECRET: is not set; webhooks are refused, and a run is only looked up every `limits.look_again`",
            "SIGNALBOX_SIGNING_KEY: is not set; no checkpoints of the ledger are made, and evidence bundles are unsigned",
            "SIGNALBOX_DATABSE_URL: is not read; did you mean SIGNALBOX_DATABASE_URL?",
            "SIGNALBOX_POLICY_FILE: is not read; did you mean SIGNALBOX_POLICY?",
        ]
    )
    environment(GITHUB_WEBHOOK_SECRET="x", SIGNALBOX_SIGNING_KEY=SIGNING_KEY)
    assert len(warnings(load(), policy)) == 2
