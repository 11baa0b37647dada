"""config.toml: what it may say, and what a person reads when it says something else."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from awsops.config import Config, Defaults
from awsops.errors import UsageError
from awsops.prices import LOOKED_UP, Prices


def load(tmp_path: Path, text: str | bytes) -> Config:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Config.load(path)


def refused(tmp_path: Path, text: str | bytes) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load(tmp_path, text)
    assert str(tmp_path / "config.toml") in caught.value.message
    assert caught.value.hint
    return caught.value


def test_a_missing_file_gives_the_defaults(tmp_path: Path) -> None:
    config = Config.load(tmp_path / "none" / "config.toml")
    assert dict(config.groups) == {}
    assert config.protected == ()
    assert config.defaults == Defaults()
    assert config.warnings == ()


def test_a_home_that_is_no_folder_gives_the_defaults() -> None:
    assert Config.load(Path("/dev/null/.config/awsops/config.toml")).defaults == Defaults()


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        """
        protected = ["prod-*", "billing"]
        [groups]
        prod = ["prod-*", "legacy"]
        "all eu" = ["@prod", "eu-*"]
        [defaults]
        output = "json"
        jobs = 512
        region = "eu-west-1"
        color = "never"
        timeout = "1h30m"
        """,
    )
    assert dict(config.groups) == {"prod": ("prod-*", "legacy"), "all eu": ("@prod", "eu-*")}
    assert config.protected == ("prod-*", "billing")
    assert config.defaults == Defaults("json", 512, "eu-west-1", "never", 5400.0)
    assert config.warnings == ()


def test_a_config_cannot_be_changed(tmp_path: Path) -> None:
    config = load(tmp_path, '[groups]\nprod = ["a"]')
    with pytest.raises(TypeError):
        config.groups["prod"] = ()  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.protected = ()  # type: ignore[misc]


def test_protected_profiles_match_as_case_sensitive_globs(tmp_path: Path) -> None:
    config = load(tmp_path, 'protected = ["prod-*", "billing"]')
    matches = {
        name: config.is_protected(name) for name in ("prod-eu", "billing", "preprod-eu", "PROD-eu")
    }
    assert matches == {"prod-eu": True, "billing": True, "preprod-eu": False, "PROD-eu": False}


@pytest.mark.parametrize("section", ["groups", "defaults"])
def test_protected_below_a_table_is_refused_because_it_would_protect_nothing(
    tmp_path: Path, section: str
) -> None:
    error = refused(tmp_path, f'[{section}]\nprotected = ["prod-*"]')
    assert f"[{section}]" in error.message
    assert "move protected above" in (error.hint or "")


def test_malformed_toml_names_line_and_column(tmp_path: Path) -> None:
    error = refused(tmp_path, "[defaults]\njobs = = 3\n")
    assert "line 2, column 8" in error.message


def test_a_file_that_is_not_utf8_names_line_and_column(tmp_path: Path) -> None:
    error = refused(tmp_path, b'[defaults]\nregion = "\xe9u"\n')
    assert "not UTF-8 (at line 2, column 11)" in error.message


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    assert load(tmp_path, b"\xef\xbb\xbf[defaults]\njobs = 3\n").defaults.jobs == 3


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "9" * 10_000])
def test_hostile_toml_is_a_message_and_not_a_trace(tmp_path: Path, text: str) -> None:
    assert "not valid TOML" in refused(tmp_path, text).message


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    with pytest.raises(UsageError, match=r"config\.toml cannot be read: Is a directory"):
        Config.load(tmp_path / "config.toml")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("groups = 3", "groups"),
        ('[groups]\nprod = "prod-*"', "groups.prod"),
        ("[groups]\nprod = [1]", "groups.prod"),
        ('[groups]\nprod = [""]', "groups.prod"),
        ('protected = "prod"', "protected"),
        ("defaults = []", "defaults"),
        ('[defaults]\noutput = "xml"', "defaults.output"),
        ("[defaults]\noutput = ['json']", "defaults.output"),
        ("[defaults]\njobs = 0", "defaults.jobs"),
        ("[defaults]\njobs = 513", "defaults.jobs"),
        ("[defaults]\njobs = true", "defaults.jobs"),
        ('[defaults]\njobs = "8"', "defaults.jobs"),
        ("[defaults]\nregion = 1", "defaults.region"),
        ('[defaults]\nregion = " "', "defaults.region"),
        ("[defaults]\ncolor = true", "defaults.color"),
        ("[defaults]\ntimeout = 30", "defaults.timeout"),
        ('[defaults]\ntimeout = "0s"', "defaults.timeout"),
        ('[defaults]\ntimeout = "soon"', "defaults.timeout"),
    ],
)
def test_a_wrong_value_names_its_key(tmp_path: Path, text: str, key: str) -> None:
    assert f": {key} must be " in refused(tmp_path, text).message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[default]", "unknown key default; did you mean defaults?"),
        ("[defaults]\njob = 3", "unknown key defaults.job; did you mean defaults.jobs?"),
        ("jobs = 3", "unknown key jobs; it belongs under [defaults]: did you mean defaults.jobs?"),
        (
            "zzz = 3",
            "unknown key zzz; known are groups, protected, protected_aliases, defaults, prices",
        ),
    ],
)
def test_an_unknown_key_warns_with_a_suggestion_and_stops_nothing(
    tmp_path: Path, text: str, said: str
) -> None:
    (warning,) = load(tmp_path, text).warnings
    assert warning == f"{tmp_path / 'config.toml'}: {said}"


@pytest.mark.parametrize("amount", ["-1", "true", '"0.1"', "inf", "nan"])
def test_a_price_is_an_amount_of_usd(tmp_path: Path, amount: str) -> None:
    assert (
        "kinesis_shard_hour"
        in refused(tmp_path, f"[prices]\nkinesis_shard_hour = {amount}").message
    )


def test_a_price_of_ones_own_holds_and_says_so(tmp_path: Path) -> None:
    prices = Prices(load(tmp_path, "[prices]\nlogs_insights_gb = 0.004\n").prices)
    assert (prices.usd("logs_insights_gb"), prices.basis("logs")) == (
        0.004,
        "prices of config.toml",
    )
    assert (prices.usd("kinesis_shard_hour"), prices.basis("kinesis")) == (0.015, LOOKED_UP)
