"""The scratch repository is real: real commits and real signatures."""

from datetime import UTC, datetime

import pytest

from bot.demo.git import Author, CommandError
from bot.demo.repository import Repository

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


async def test_everyone_whose_work_came_in_since_the_version_before_is_an_author(tmp_path):
    repository, commit = await two_versions(tmp_path / "api")
    assert await repository.commit_of("v1.4.0") == commit
    assert await repository.authors("v1.4.0") == {"ravi@example.com", "mia@example.com"}
    assert await repository.authors("v1.3.0") == {"dana@example.com"}


async def test_the_same_history_has_the_same_commits_and_trees(tmp_path):
    one, commit = await two_versions(tmp_path / "one")
    other, same = await two_versions(tmp_path / "other")
    assert commit == same
    assert await one.archive("v1.4.0") == await other.archive("v1.4.0")


async def test_a_tag_is_moved_only_on_purpose_and_then_carries_no_good_signature(tmp_path):
    repository, commit = await two_versions(tmp_path / "api")
    with pytest.raises(CommandError, match="already exists"):
        await repository.tag("v1.3.0", at=AT)
    await repository.move_tag("v1.3.0", by=DANA, at=AT)
    assert await repository.commit_of("v1.3.0") == commit
    assert not await repository.verified("v1.3.0")


async def test_a_tag_is_signed_and_another_ones_signature_does_not_count(tmp_path):
    repository, _ = await two_versions(tmp_path / "api")
    assert await repository.verified("v1.4.0")

    (tmp_path / "api-release-key.signers").write_text("")  # nobody's key is known any more
    assert not await repository.verified("v1.4.0")
    assert not await repository.verified("v9.9.9")


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
    assert await repository.authors("v1.3.0") == {"dana@example.com"}
