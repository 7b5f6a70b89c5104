"""Secrets: from the environment or a file that is nobody else's."""

from pathlib import Path

import pytest

from floodwatch.model.errors import Refused
from floodwatch.outside.secret import secret

NAME = "FLOODWATCH_TEST_SECRET"


def file(folder: Path, mode: int) -> dict[str, str]:
    path = folder / "secret"
    path.write_text("geheim\n", encoding="utf-8")
    path.chmod(mode)
    return {f"{NAME}_FILE": str(path)}


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640])
def test_a_file_of_its_owner_is_read_without_its_last_line_end(tmp_path: Path, mode: int) -> None:
    assert secret(file(tmp_path, mode), NAME) == "geheim"


@pytest.mark.parametrize("mode", [0o644, 0o604, 0o666, 0o660])
def test_a_file_that_others_can_read_or_change_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(Refused, match="chmod 600") as refusal:
        secret(file(tmp_path, mode), NAME)
    assert "geheim" not in str(refusal.value)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=f"set {NAME} or {NAME}_FILE"):
        secret({}, NAME)
    with pytest.raises(Refused, match="cannot be read"):
        secret({f"{NAME}_FILE": str(tmp_path / "none")}, NAME)


def test_the_environment_comes_first(tmp_path: Path) -> None:
    assert secret({NAME: "a"} | file(tmp_path, 0o644), NAME) == "a"
