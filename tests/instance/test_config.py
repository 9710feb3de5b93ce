"""Settings: what is wrong is named, with where it stands and what to write instead."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_network
from pathlib import Path

import pytest

from federation.origin import host_of
from instance import config
from instance.config import Config, parse
from instance.errors import ConfigError
from instance.home import Home

BUECHER = "xn--bcher-kva.example"
MINIMAL = 'domain = "acme.example"\ncompany = "Acme"\n'


@contextmanager
def environment(**variables: str) -> Iterator[None]:
    """These CORDEE_* variables and no others, for a while."""
    before = {key: value for key, value in os.environ.items() if key.startswith("CORDEE_")}
    for key in before:
        del os.environ[key]
    os.environ.update(variables)
    try:
        yield
    finally:
        for key in variables:
            os.environ.pop(key, None)
        os.environ.update(before)


@pytest.fixture(autouse=True)
def _no_variables() -> Iterator[None]:
    with environment():
        yield


def fault(line: str, *, text: str = MINIMAL) -> str:
    with pytest.raises(ConfigError) as caught:
        parse(text + line)
    return str(caught.value)


def test_two_lines_are_enough():
    assert parse(MINIMAL).home == Home("https://acme.example", "Acme")


def test_the_database_lies_in_the_data_directory_unless_said():
    assert parse(MINIMAL + 'data_dir = "/srv/c"').database == Path("/srv/c/cordee.sqlite")


def test_the_environment_wins_over_the_file():
    with environment(CORDEE_COMPANY="Globex"):
        assert parse(MINIMAL).company == "Globex"


def test_a_list_in_the_environment_is_written_with_commas():
    with environment(CORDEE_ALLOWED_NETWORKS="10.8.0.0/24, fd00::/8"):
        assert parse(MINIMAL).allowed_networks == (ip_network("10.8.0.0/24"), ip_network("fd00::/8"))


def test_an_unknown_key_is_named_with_its_line_and_the_key_that_was_meant():
    assert fault('base_ulr = "x"') == (
        'cordee.toml, line 3: base_ulr is no setting of Cordée. Did you mean "base_url"?'
    )


def test_an_unknown_section_lists_what_is_known():
    assert "smtp is no setting of Cordée. Known are: domain," in fault("[smtp]\nhost = 1")


def test_an_unknown_variable_is_named_with_the_one_that_was_meant():
    with environment(CORDEE_BASEURL="https://acme.example"):
        assert fault("").startswith('CORDEE_BASEURL is no setting of Cordée. Did you mean "CORDEE_BASE_URL"?')


def test_the_password_and_the_path_are_variables_but_no_settings():
    with environment(CORDEE_PASSWORD="x", CORDEE_CONFIG="y"):
        assert parse(MINIMAL).company == "Acme"


def test_a_missing_setting_is_named_with_what_to_write():
    assert fault('company = "Acme"', text="") == (
        'cordee.toml: domain is missing: write domain = "…" or set CORDEE_DOMAIN'
    )


def test_a_bad_variable_is_named_by_its_own_name():
    with environment(CORDEE_DELIVERY_CONCURRENCY="many"):
        assert fault("").startswith("CORDEE_DELIVERY_CONCURRENCY: ")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            'base_url = "http://acme.example"',
            "line 3: base_url: must begin with https://: write https://acme.example",
        ),
        ('base_url = "https://acme.example/social"', "line 3: base_url: must be a scheme and a host"),
        ('base_url = "acme.example"', "line 3: base_url: must be a scheme and a host"),
        ('listen = "8000"', "line 3: listen: must be an address and a port"),
        ('listen = "127.0.0.1:99999"', "line 3: listen: must be an address and a port"),
        ('allowed_networks = ["10.8.0.1/24"]', "line 3: allowed_networks: 10.8.0.1/24 has host bits set"),
        ("allowed_networks = 10", "line 3: allowed_networks: must be a list of networks"),
        ("delivery_concurrency = 0", "line 3: delivery_concurrency: Input should be greater"),
        ('locale = "de"', "line 3: locale: Input should be 'en' or 'fr'"),
        ("text_limit_chars = 10", "line 3: text_limit_chars: "),
        ("company =", "cordee.toml: Invalid value"),
    ],
)
def test_a_bad_value_is_named_with_its_line(line: str, says: str):
    assert says in fault(line)


@pytest.mark.parametrize(
    "domain", ["https://acme.example", "acme example", "-acme.example", "acme.example/x", ""]
)
def test_a_domain_is_a_bare_host(domain: str):
    assert "must be a host such as acme.example" in fault(f'domain = "{domain}"', text='company = "Acme"\n')


def test_a_host_in_letters_is_known_by_its_one_form():
    text = 'domain = "Bücher.example"\ncompany = "Bücher"\n'
    assert parse(text).home == parse(f'{text}base_url = "https://bücher.example/"').home
    assert (parse(text).domain, parse(text).base_url) == (BUECHER, f"https://{BUECHER}")
    assert parse(text).home.host == host_of("https://bücher.example") == BUECHER


def test_a_host_that_two_readers_take_for_two_is_no_domain():
    assert "must be a host" in fault('domain = "straße.example"', text='company = "Acme"\n')


def test_the_port_of_the_scheme_is_not_part_of_a_domain():
    assert parse('domain = "acme.example:443"\ncompany = "Acme"\n').home.host == "acme.example"


def test_handles_and_addresses_must_be_of_one_host():
    assert 'write domain = "social.acme.example"' in fault('base_url = "https://social.acme.example"')


def test_plain_http_is_for_localhost_only():
    text = 'domain = "acme.localhost:7001"\ncompany = "Acme"\nbase_url = "http://acme.localhost:7001"'
    assert parse(text).home.host == "acme.localhost:7001"


def test_an_ipv6_address_is_bound_without_its_brackets():
    found = parse(MINIMAL + 'listen = "[::1]:8080"')
    assert (found.listen_host, found.listen_port) == ("::1", 8080)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"none\.toml: No such file.*cordee init --config"):
        config.load(tmp_path / "none.toml")


def test_the_path_given_goes_before_the_variable_and_the_variable_before_the_default(tmp_path: Path):
    assert config.find_path(tmp_path, {"CORDEE_CONFIG": "/x"}) == tmp_path
    assert config.find_path(None, {"CORDEE_CONFIG": "/x"}) == Path("/x")
    assert config.find_path(None, {}) == config.DEFAULT_PATH


def test_what_is_rendered_reads_back_as_the_same_settings():
    given = parse(
        'domain = "acme.example"\ncompany = "Acme \\"Rope\\" \\\\ Söhne"\ntrusted_proxies = ["10.0.0.0/8"]\nlocale = "fr"'
    )
    assert parse(config.render(given, Config.model_fields)) == given


def test_what_was_not_chosen_is_rendered_as_a_comment():
    text = config.render(parse(MINIMAL), {"domain", "company"})
    assert '\n# listen = "127.0.0.1:8000"\n' in text
    assert parse(text) == parse(MINIMAL)
