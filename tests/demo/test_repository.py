"""The scratch repository is real: real commits, real signatures, one tag always builds to the same bytes."""

import hashlib
import io
import tarfile
from datetime import UTC, datetime

import pytest

from bot.demo.ci_runs import Shop
from bot.demo.repository import Author, CommandError, Repository

DANA = Author("Dana Developer", "dana@example.com")
RAVI = Author("Ravi Releaser", "ravi@example.com")
AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


async def two_versions(folder):
    repository = await Repository.create(folder, tagger=RAVI)
    await repository.commit({"api.py": "print(1)\n"}, "First", author=DANA, at=AT)
    await repository.tag("v1.3.0", at=AT)
    message = "Second\n\nCo-authored-by: Mia <mia@example.com>"
    commit = await repository.commit({"api.py": "print(2)\n", "src/more.py": "x\n"}, message, author=RAVI, at=AT)
    await repository.tag("v1.4.0", at=AT)
    return repository, commit


async def test_a_tag_builds_to_an_artifact_that_names_its_commit_and_everyone_whose_work_is_in_it(tmp_path):
    repository, commit = await two_versions(tmp_path / "api")
    built = await repository.build(tmp_path / "ci", "api", "v1.4.0", reviewers=["mia@example.com"])

    assert built.commit == commit
    assert built.authors == {"ravi@example.com", "mia@example.com"}
    assert built.reviewers == {"mia@example.com"}
    shop = Shop(tmp_path / "ci", frozenset())
    assert shop.artifact("api", "v1.4.0") == built
    content = shop.stored(built.digest).read_bytes()
    assert f"sha256:{hashlib.sha256(content).hexdigest()}" == built.digest
    with tarfile.open(fileobj=io.BytesIO(content)) as packed:
        assert packed.getnames() == ["api.py", "src/more.py"]
        assert packed.extractfile("api.py").read() == b"print(2)\n"

    first = await repository.build(tmp_path / "ci", "api", "v1.3.0")
    assert first.authors == {"dana@example.com"}
    assert first.digest != built.digest
    assert len(shop.index()) == 2


async def test_the_same_history_builds_to_the_same_commit_and_bytes(tmp_path):
    one, commit = await two_versions(tmp_path / "one")
    other, same = await two_versions(tmp_path / "other")
    assert commit == same
    a = await one.build(tmp_path / "ci", "api", "v1.4.0")
    assert (await other.build(tmp_path / "ci2", "api", "v1.4.0")).digest == a.digest


async def test_a_tag_is_signed_and_another_ones_signature_does_not_count(tmp_path):
    repository, _ = await two_versions(tmp_path / "api")
    assert repository.signing
    assert await repository.verified("v1.4.0")

    (tmp_path / "api-release-key.signers").write_text("")  # nobody's key is known any more
    assert not await repository.verified("v1.4.0")
    assert not await repository.verified("v9.9.9")


async def test_without_ssh_keygen_a_tag_says_that_it_is_not_signed(tmp_path, monkeypatch):
    monkeypatch.setattr("bot.demo.repository.shutil.which", lambda name: None)
    repository, _ = await two_versions(tmp_path / "api")
    assert not repository.signing
    assert not await repository.verified("v1.4.0")
    shown = await repository._git("tag", "-n", "--list", "v1.4.0")
    assert b"not signed: ssh-keygen is missing" in shown


async def test_nothing_is_written_outside_the_repository(tmp_path):
    repository = await Repository.create(tmp_path / "api", tagger=RAVI)
    with pytest.raises(ValueError, match="outside"):
        await repository.commit({"../elsewhere": "x"}, "No", author=DANA, at=AT)


async def test_the_users_own_git_configuration_is_not_read(tmp_path, monkeypatch):
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n\tname = Somebody Else\n[commit]\n\tgpgsign = true\n[core]\n\thooksPath = /nonexistent\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    repository, _ = await two_versions(tmp_path / "api")
    assert (await repository.build(tmp_path / "ci", "api", "v1.3.0")).authors == {"dana@example.com"}


async def test_a_version_that_was_never_tagged_cannot_be_built(tmp_path):
    repository, _ = await two_versions(tmp_path / "api")
    with pytest.raises(CommandError):
        await repository.build(tmp_path / "ci", "api", "v2.0.0")
