"""`cordee person`: one by one, and many from a list."""

import json
from pathlib import Path

import pytest

from instance import passwords
from instance.domain import token
from instance.storage import logins
from tests.instance.cli.console import PASSWORD, Console, read


def people(cordee: Console) -> dict[str, dict[str, str]]:
    return {row["username"]: row for row in json.loads(cordee.good("person list --json"))}


def test_a_person_is_added_with_a_password_that_was_made(cordee: Console):
    said = cordee.good('person add bob --name "Bob Roy" --email Bob@acme.example --title Engineer')
    login = read(cordee, lambda tx: logins.login_by_name(tx, "bob@acme.example"))
    assert passwords.verify(login.password_hash, said.split()[-1])
    assert people(cordee)["bob"] == {
        "username": "bob",
        "name": "Bob Roy",
        "email": "bob@acme.example",
        "title": "Engineer",
        "state": "active",
        "admin": "",
    }


def test_a_username_in_use_is_refused_by_its_field(cordee: Console):
    assert cordee.bad("person add alice --name Alice") == 'cordee: username: "alice" is in use already.'


def test_the_table_has_a_heading_and_one_line_a_person(cordee: Console):
    cordee.good("person add bob --name Bob")
    assert [line.split()[0] for line in cordee.good("person list").splitlines()] == [
        "USERNAME",
        "alice",
        "bob",
    ]


def test_a_new_password_ends_the_old_one(cordee: Console):
    made = cordee.good("person passwd alice").removeprefix("password: ").strip()
    login = read(cordee, lambda tx: logins.login_by_name(tx, "alice"))
    assert passwords.verify(login.password_hash, made)
    assert not passwords.verify(login.password_hash, PASSWORD)


def test_a_disabled_person_is_listed_as_such_and_can_be_enabled(cordee: Console):
    cordee.good("person add bob --name Bob")
    cordee.good("person disable bob")
    assert people(cordee)["bob"]["state"] == "disabled"
    cordee.good("person enable @bob")
    assert people(cordee)["bob"]["state"] == "active"


def test_the_last_administrator_cannot_be_shut_out(cordee: Console):
    assert "last administrator" in cordee.bad("person disable alice")


def test_another_administrator_can_be_made_and_unmade(cordee: Console):
    cordee.good("person add bob --name Bob")
    cordee.good("person promote bob")
    assert people(cordee)["bob"]["admin"] == "yes"
    cordee.good("person promote bob --back")
    assert people(cordee)["bob"]["admin"] == ""


@pytest.mark.parametrize("command", ["disable", "enable", "passwd", "promote"])
def test_nobody_is_nobody_in_every_command(cordee: Console, command: str):
    assert cordee.bad(f"person {command} zed") == "cordee: There is no such person: zed."


LIST = "username,name,email,title,password\nbob,Bob,bob@acme.example,Engineer,\ncarol,Carol,,,a password of mine\n"


def a_list(cordee: Console, text: str) -> Path:
    path = cordee.directory / "list.csv"
    path.write_text(text)
    return path


def test_people_are_imported_and_the_passwords_that_were_made_are_printed(cordee: Console):
    said = cordee.good(f"person import {a_list(cordee, LIST)}")
    header, bob = said.splitlines()
    assert (header, bob.split(",")[0]) == ("username,password", "bob")
    login = read(cordee, lambda tx: logins.login_by_name(tx, "bob"))
    assert passwords.verify(login.password_hash, bob.split(",")[1])


def test_a_password_in_the_list_is_taken_and_not_printed(cordee: Console):
    assert "carol" not in cordee.good(f"person import {a_list(cordee, LIST)}")
    login = read(cordee, lambda tx: logins.login_by_name(tx, "carol"))
    assert passwords.verify(login.password_hash, "a password of mine")


def test_a_list_can_come_from_another_program(cordee: Console):
    cordee.good("person import -", text="username,name\nbob,Bob\n")
    assert "bob" in people(cordee)


def test_a_byte_order_mark_of_a_spreadsheet_does_no_harm(cordee: Console):
    path = a_list(cordee, "\ufeffusername,name\nbob,Bob\n")
    cordee.good(f"person import {path}")
    assert "bob" in people(cordee)


BAD_LIST = (
    "username,name,email,password\nbob,Bob,,\nda ve,Dave,,\nalice,Alice,,\nbob,Bob again,,\nerin,,,\n"
    "frank,Frank,nowhere,\ngrace,Grace,,short\nheidi,Heidi,,,more\n"
)


def test_every_fault_is_said_by_line_and_field_and_nothing_is_imported(cordee: Console):
    result = cordee(f"person import {a_list(cordee, BAD_LIST)}")
    faults = [line.partition(":")[0] for line in result.stderr.splitlines()]
    assert sorted(faults[:-1]) == [
        "line 3, username",
        "line 4, username",
        "line 5, username",
        "line 6, name",
        "line 7, email",
        "line 8, password",
        "line 9, line",
    ]
    assert result.exit_code == 1
    assert set(people(cordee)) == {"alice"}


def test_the_good_lines_are_imported_when_bad_ones_are_to_be_skipped(cordee: Console):
    cordee.good(f"person import --skip-bad {a_list(cordee, BAD_LIST)}")
    assert set(people(cordee)) == {"alice", "bob"}


def test_a_list_without_a_good_line_is_refused_either_way(cordee: Console):
    path = a_list(cordee, "username,name\nbob,\n")
    assert "Nothing was imported" in cordee.bad(f"person import --skip-bad {path}")


def test_a_missing_list_is_named(cordee: Console):
    assert "none.csv" in cordee.bad("person import none.csv", status=2)


def test_tokens_instead_of_passwords_are_one_json_object_of_tokens_that_work(cordee: Console):
    lines = "".join(f"person{number},Person {number}\n" for number in range(300))
    tokens = json.loads(cordee.good("person import - --tokens", text=f"username,name\n{lines}"))
    rows = read(cordee, lambda tx: [token.find(tx, text) for text in tokens.values()])
    assert len(tokens) == 300
    assert {row.scopes for row in rows} == {"read write follow push"}
    assert len({row.actor_id for row in rows}) == 300


def test_no_password_opens_an_account_that_has_a_token_only(cordee: Console):
    cordee.good("person import - --tokens", text="username,name\nbob,Bob\n")
    login = read(cordee, lambda tx: logins.login_by_name(tx, "bob"))
    assert not passwords.verify(login.password_hash, "")
