"""The configuration: which file holds, what it says, and what is said where it is wrong."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from migaddr.lint.config import Config, ConfigError, Configs, default_codes, read_config
from migaddr.lint.find.vocabulary import Confidence
from migaddr.lint.rules import RULES


def _pyproject(text: str) -> str:
    return f"[tool.migaddr.lint]\n{text}\n"


def _read(folder: Path, text: str) -> Config:
    path = folder / "migaddr.toml"
    path.write_text(f"[lint]\n{text}\n")
    return read_config(str(path))


def test_the_nearest_file_above_holds_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(_pyproject('select = ["MIG101"]'))
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("[tool.other]\nmigaddr = 1\n")  # says nothing to us
    configs = Configs()
    assert configs.of(str(inner / "x.py")).codes("x.py") == {"MIG101"}
    (inner / "migaddr.toml").write_text('[lint]\nignore = ["MIG102"]\n')
    (inner / "pyproject.toml").write_text(_pyproject('select = ["MIG103"]'))
    assert configs.of(str(inner / "x.py")).codes("x.py") == {"MIG101"}  # read once
    assert Configs().of(str(inner / "x.py")).codes("x.py") == default_codes() - {"MIG102"}
    assert Configs().of(str(inner), is_directory=True).path == str(inner / "migaddr.toml")
    assert Configs(Config()).of(str(inner / "x.py")) == Config()


def test_all_keys_are_read(tmp_path: Path) -> None:
    config = _read(
        tmp_path,
        """
        select = ["MIG101", "MIG103", "MIG114"]
        extend-select = ["MIG132"]
        ignore = ["MIG103"]
        target-release = ["9.0..10.0", "11.1"]
        min-confidence = "certain"
        exclude = ["vendor/", "*.gen.py", "!keep.gen.py"]
        per-file-ignores = {"tests/**" = ["MIG114"], "/one.py" = ["ALL"]}
        """,
    )
    assert config.targets is not None
    assert [str(release) for release in config.targets.releases] == ["9.0", "9.1", "9.2", "10.0", "11.1"]
    assert config.least is Confidence.CERTAIN
    assert config.codes(str(tmp_path / "a.py")) == {"MIG101", "MIG114", "MIG132"}
    assert config.codes(str(tmp_path / "tests" / "deep" / "a.py")) == {"MIG101", "MIG132"}
    assert config.codes(str(tmp_path / "one.py")) == set()
    assert config.codes(str(tmp_path / "sub" / "one.py")) != set()
    for path, excluded in {
        "vendor/a/b.py": True,
        "x/vendor/b.py": True,
        "vendor": False,  # a file of that name
        "a.gen.py": True,
        "keep.gen.py": False,
        "a.py": False,
    }.items():
        assert config.excludes(str(tmp_path / path)) is excluded, path
    assert config.excludes(str(tmp_path / "vendor"), is_directory=True)
    assert not config.excludes(str(tmp_path.parent / "vendor" / "x"))
    assert pickle.loads(pickle.dumps(config)) == config


def test_all_is_every_rule(tmp_path: Path) -> None:
    assert _read(tmp_path, 'select = ["ALL"]').codes("x") == set(RULES)
    assert "MIG132" not in default_codes()


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ('slect = ["MIG101"]', "lint.slect", "write select"),
        ("colour = 1", "lint.colour", "the keys are select"),
        ('select = "MIG101"', "lint.select", 'write select = ["MIG103"]'),
        ("select = [1]", "lint.select[0]", "must be a string"),
        ('ignore = ["MIG101", "MIG1O3"]', "lint.ignore[1]", "there is no rule MIG1O3; see migaddr rules"),
        ('ignore = ["mig103"]', "lint.ignore[0]", "write MIG103"),
        ('ignore = ["MIG999"]', "lint.ignore[0]", "there is no rule MIG999; see migaddr rules"),
        ("target-release = 10.0", "lint.target-release", 'write "10.0"'),
        ('target-release = "3.1"', "lint.target-release", "7.2"),
        ('target-release = ""', "lint.target-release", "is empty"),
        ('min-confidence = "sure"', "lint.min-confidence", "'guess', 'likely', 'certain'"),
        ('exclude = [""]', "lint.exclude[0]", "is no pattern"),
        ('per-file-ignores = ["a"]', "lint.per-file-ignores", "must be a table"),
        ('per-file-ignores = {"a*" = ["X"]}', 'lint.per-file-ignores."a*"[0]', "there is no rule X"),
        ('per-file-ignores = {"#" = ["MIG101"]}', 'lint.per-file-ignores."#"[0]', "is no pattern"),
        ("[lint", "", "is no TOML"),
    ],
)
def test_an_error_names_the_file_the_key_and_what_to_write(
    tmp_path: Path, text: str, key: str, words: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        _read(tmp_path, text)
    assert caught.value.path == str(tmp_path / "migaddr.toml")
    assert caught.value.key == key and words in caught.value.reason
    assert str(caught.value).startswith(": ".join(filter(None, (caught.value.path, key))))
    assert pickle.loads(pickle.dumps(caught.value)) == caught.value


def test_what_is_no_configuration(tmp_path: Path) -> None:
    own = tmp_path / "migaddr.toml"
    for text, words in {
        'select = ["MIG101"]\n': "put it into the table [lint]",
        "[tool.migaddr.lint]\n": "there is only the table [lint]",
        "lint = 1\n": "write [lint]",
    }.items():
        own.write_text(text)
        with pytest.raises(ConfigError, match=words.replace("[", r"\[").replace("]", r"\]")):
            read_config(str(own))
    own.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="UTF-8"):
        read_config(str(own))
    with pytest.raises(ConfigError, match="No such file"):
        read_config(str(tmp_path / "none.toml"))
    # a broken one that does not speak of migaddr does not concern us
    (tmp_path / "pyproject.toml").write_text("[[[")
    assert read_config(str(tmp_path / "pyproject.toml")).path == str(tmp_path / "pyproject.toml")
    (tmp_path / "pyproject.toml").write_text("[tool.migaddr.lint\n")
    with pytest.raises(ConfigError, match="is no TOML"):
        read_config(str(tmp_path / "pyproject.toml"))
