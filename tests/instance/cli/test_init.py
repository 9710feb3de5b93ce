"""`cordee init`: from nothing to a node, and safe to run twice."""

from instance import config, passwords
from instance.storage import keys, logins
from instance.storage.database import Tx
from tests.instance.cli.console import PASSWORD, Console, init_line, read


def test_init_makes_settings_keys_database_and_administrator(bare: Console):
    said = bare.good(init_line(bare.directory), CORDEE_PASSWORD=PASSWORD)
    assert [line.split()[0] for line in said.splitlines()[:-1]] == ["made"] * 7
    assert "administrator @alice@acme.example" in said


def test_the_seal_key_is_for_the_nodes_user_alone(cordee: Console):
    assert (cordee.data / "seal.key").stat().st_mode & 0o777 == 0o600


def test_settings_are_not_for_everybody_to_read(cordee: Console):
    assert cordee.toml.stat().st_mode & 0o007 == 0


def test_a_second_init_keeps_everything_and_says_so(cordee: Console):
    before = (cordee.data / "seal.key").read_bytes(), cordee.toml.read_text()
    said = cordee.good("init")
    assert [line.split()[0] for line in said.splitlines()[:-1]] == ["kept"] * 5
    assert before == ((cordee.data / "seal.key").read_bytes(), cordee.toml.read_text())


def test_a_second_init_with_another_domain_says_where_to_change_it(cordee: Console):
    said = cordee.bad("init --domain other.example", status=2)
    assert (
        said
        == f"cordee: {cordee.toml} says domain = 'acme.example', not 'other.example'. Edit it there if that is wanted."
    )


def test_what_is_not_given_and_cannot_be_asked_is_named(bare: Console):
    assert bare.bad("init --domain acme.example", status=2) == (
        "cordee: --company is missing, and there is nobody to ask"
    )


def test_a_bad_flag_is_named_as_it_is_typed(bare: Console):
    said = bare.bad(f"{init_line(bare.directory)} --base-url http://acme.example", status=2)
    assert said == "cordee: --base-url: must begin with https://: write https://acme.example"


def test_a_bad_domain_makes_nothing(bare: Console):
    bare.bad(init_line(bare.directory, "https://acme"), status=2)
    assert list(bare.directory.iterdir()) == []


def test_a_weak_password_is_refused_and_a_second_init_completes_the_node(bare: Console):
    assert "password: A password needs" in bare.bad(init_line(bare.directory), CORDEE_PASSWORD="short")
    assert "made  administrator" in bare.good("init --admin alice", CORDEE_PASSWORD=PASSWORD)


def test_a_trial_on_localhost_may_speak_to_its_neighbours(bare: Console):
    domain = "acme.localhost:7001"
    bare.good(f"{init_line(bare.directory, domain)} --base-url http://{domain}", CORDEE_PASSWORD=PASSWORD)
    assert [str(network) for network in config.load(bare.toml).allowed_networks] == ["127.0.0.0/8", "::1/128"]


def test_the_node_has_both_its_keys(cordee: Console):
    def missing(tx: Tx) -> list[str]:
        return [kind for kind in (keys.RSA, keys.ED25519) if keys.private_key(tx, tx.home.node, kind) is None]

    assert read(cordee, missing) == []


def test_the_administrator_signs_in_with_the_password_given(cordee: Console):
    login = read(cordee, lambda tx: logins.login_by_name(tx, "alice"))
    assert login.is_admin
    assert passwords.verify(login.password_hash, PASSWORD)
