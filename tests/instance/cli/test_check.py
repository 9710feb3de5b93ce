"""`cordee check`: a node that is well is found well, and each fault with its remedy."""

import json

import pytest

from tests.instance.cli.console import Console


@pytest.fixture
def checked(cordee: Console):
    """What `cordee check --local` says, by what it looked at, of which only what is not well."""

    def check() -> dict[str, str]:
        result = cordee("check --local --json")
        found = json.loads(result.stdout)
        bad = {line["what"]: f"{line['says']} {line['do']}" for line in found if not line["ok"]}
        assert result.exit_code == (1 if bad else 0)
        return bad

    return check


def test_a_node_just_made_is_well(checked):
    assert checked() == {}


def test_a_missing_seal_key_is_found(cordee: Console, checked):
    (cordee.data / "seal.key").unlink()
    assert "Run: cordee init" in checked()["seal key"]


def test_an_unknown_revision_is_found(cordee: Console, checked):
    cordee.execute("UPDATE alembic_version SET version_num = '0000'")
    assert "revision 0000" in checked()["database"]


def test_a_damaged_database_is_found(cordee: Console, checked):
    path = cordee.data / "cordee.sqlite"
    data = bytearray(path.read_bytes())
    data[4096 * 20 : 4096 * 60] = b"\xff" * 4096 * 40
    path.write_bytes(data)
    assert "restore the last backup" in checked()["database"]


def test_missing_keys_of_the_node_are_found(cordee: Console, checked):
    cordee.execute("UPDATE actor_key SET private_pem = NULL WHERE kind = 'rsa'")
    assert "missing: rsa" in checked()["node keys"]


def test_letters_that_wait_for_days_are_found(cordee: Console, checked):
    cordee.execute(
        "INSERT INTO outgoing VALUES (1, 'https://acme.example/activities/1', x'00');"
        "INSERT INTO lane (host, due_at_ms, failures, leased_until_ms, last_error) VALUES ('globex.example', 0, 9, 0, 'dns');"
        "INSERT INTO delivery (id, host, inbox, outgoing_id, signer, rule, space, seal, state, attempts, created_at_ms, last_error)"
        " VALUES (1, 'globex.example', '', 1, '', '', '', x'00', 'queued', 9, 0, 'dns')"
    )
    assert "1 for globex.example, the oldest for" in checked()["letters"]


def test_a_bad_setting_is_said_by_check_as_by_every_command(cordee: Console):
    cordee.toml.write_text(cordee.toml.read_text() + "\nbase_ulr = 1\n")
    assert 'Did you mean "base_url"?' in cordee.bad("check", status=2)


def test_a_node_whose_name_leads_to_a_private_address_is_told_so(cordee: Console):
    result = cordee("check --json", CORDEE_DOMAIN="acme.localhost", CORDEE_BASE_URL="https://acme.localhost")
    (own,) = [line for line in json.loads(result.stdout) if line["what"] == "this node"]
    assert not own["ok"]
    assert "add that network to allowed_networks" in own["do"]


APOLLO = "https://acme.example/projects/apollo"


def tied(cordee: Console, held: str) -> None:
    """Project Apollo with Globex, which says that it holds this of our log; we hold our entry 1, hash a."""
    cordee.good("project create apollo --title Apollo --purpose Retrofit")
    cordee.execute(
        "INSERT INTO charter (id, iri, project_iri, version, state, purpose, ceiling, retention, starts_at_ms, offered_by, document,"
        f" reason, created_at_ms, updated_at_ms) VALUES (1, 'c', '{APOLLO}', 1, 'live', '', 1, '', 0, 'x', '{{}}', '', 0, 0);"
        "INSERT INTO charter_party (charter_id, host, node_iri, inbox, company, role)"
        " VALUES (1, 'acme.example', '', '', '', ''), (1, 'globex.example', '', '', '', '');"
        f"INSERT INTO log_head VALUES ('{APOLLO}', 'acme.example', 1, 'a');"
        "INSERT INTO log_entry (project_iri, party, seq, hash, activity_iri, object_iri, state, rule, document, received_at_ms)"
        f" VALUES ('{APOLLO}', 'acme.example', 1, 'a', '', '', 'applied', '', '{{}}', 0);"
        f"INSERT INTO log_receipt VALUES ('{APOLLO}', 'globex.example', 'acme.example', {held}, 0)"
    )


def test_a_partner_that_holds_what_we_hold_is_no_finding(cordee: Console, checked):
    tied(cordee, "1, 'a'")
    assert "own log" not in checked()


def test_entries_of_ours_that_an_old_backup_lost_are_found(cordee: Console, checked):
    tied(cordee, "3, 'c'")
    found = checked()["own log"]
    assert "globex.example holds our entries up to 3" in found
    assert "Let cordee serve run" in found


def test_a_second_history_of_ours_is_found(cordee: Console, checked):
    tied(cordee, "1, 'b'")
    assert "globex.example holds another entry 1 of ours" in checked()["own log"]
