"""The command line: what it makes, what it says, and how it says no. Real settings, keys and databases."""

import asyncio
import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from instance import config, passwords
from instance.cli import app
from instance.domain import token
from instance.storage import keys, logins
from instance.storage.database import Database, Tx
from tests.commands import commands

ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"


class Console:
    """A shell in which the node's settings are known."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.toml, self.data = directory, directory / "cordee.toml", directory / "data"

    def __call__(self, line: str, *, text: str | None = None, **env: str) -> Result:
        """Run a line as typed, without "cordee"."""
        forget = {key: None for key in os.environ if key.startswith("CORDEE_")}
        return CliRunner().invoke(
            app, shlex.split(line), input=text, env=forget | {"CORDEE_CONFIG": str(self.toml)} | env
        )

    def good(self, line: str, *, text: str | None = None, **env: str) -> str:
        """What a command prints that must succeed."""
        result = self(line, text=text, **env)
        assert result.exit_code == 0, result.output
        return result.stdout

    def bad(self, line: str, *, status: int = 1, text: str | None = None, **env: str) -> str:
        """The one line that a command says that must fail."""
        result = self(line, text=text, **env)
        assert result.exit_code == status, result.output
        return result.stderr.splitlines()[-1]

    def execute(self, statement: str) -> None:
        """Change the database behind the program's back."""
        with closing(sqlite3.connect(self.data / "cordee.sqlite")) as connection, connection:
            connection.executescript(statement)


def init_line(directory: Path, domain: str = "acme.example") -> str:
    return f"init --domain {domain} --company Acme --admin alice --data {directory / 'data'}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node as `cordee init` makes it; to be copied."""
    directory = tmp_path_factory.mktemp("made")
    Console(directory).good(init_line(directory), CORDEE_PASSWORD=PASSWORD)
    return directory


@pytest.fixture
def cordee(made: Path, tmp_path: Path) -> Console:
    """A node of one's own, with alice as administrator."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    console = Console(tmp_path)
    console.toml.write_text(console.toml.read_text().replace(str(made), str(tmp_path)))
    return console


@pytest.fixture
def bare(tmp_path: Path) -> Console:
    """A machine without a node."""
    return Console(tmp_path)


def read(console: Console, query):
    """Ask the node's database."""

    async def ask():
        found = config.load(console.toml)
        database = await Database.open(str(found.database), found.home)
        try:
            return await database.read(query)
        finally:
            await database.close()

    return asyncio.run(ask())


# init


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
        return [kind for kind in (keys.RSA, keys.ED25519) if keys.private_pem(tx, tx.home.node, kind) is None]

    assert read(cordee, missing) == []


def test_the_administrator_signs_in_with_the_password_given(cordee: Console):
    login = read(cordee, lambda tx: logins.login_by_name(tx, "alice"))
    assert login.is_admin
    assert passwords.verify(login.password_hash, PASSWORD)


# how it says no


def test_without_settings_one_line_says_what_to_do(bare: Console):
    result = bare("person list")
    assert result.exit_code == 2
    assert result.output == (
        f"cordee: {bare.toml}: No such file or directory. Make one with: cordee init --config {bare.toml}\n"
    )


def test_without_a_database_one_line_says_what_to_do(cordee: Console):
    (cordee.data / "cordee.sqlite").unlink()
    assert "missing, or of another version of Cordée. Run: cordee init" in cordee.bad("person list", status=2)


def test_a_seal_key_that_others_can_read_is_not_used(cordee: Console):
    (cordee.data / "seal.key").chmod(0o644)
    assert "Run: chmod 600" in cordee.bad("person add bob --name Bob", status=2)


@pytest.mark.parametrize(
    "place", ["--config {} person list", "person list --config {}", "person list --config={}"]
)
def test_the_settings_may_be_named_anywhere_on_the_line(cordee: Console, place: str):
    assert "alice" in cordee.good(place.format(cordee.toml), CORDEE_CONFIG="/nowhere")


def test_a_command_works_while_another_process_holds_the_database_open(cordee: Console):
    with closing(sqlite3.connect(cordee.data / "cordee.sqlite")) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM actor").fetchall()
        cordee.good("person add bob --name Bob")


async def test_a_running_server_notices_what_a_command_wrote(cordee: Console):
    found = config.load(cordee.toml)
    database = await Database.open(str(found.database), found.home)
    try:
        before = await database.changed_elsewhere()
        await database.read(lambda tx: None)
        await asyncio.to_thread(cordee.good, "person add bob --name Bob")
        assert (before, await database.changed_elsewhere()) == (False, True)
    finally:
        await database.close()


# person


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


# person import

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


# project, member, charter, on one node


@pytest.fixture
def apollo(cordee: Console) -> Console:
    """A node with the project apollo, which has no charter yet."""
    cordee.good('project create apollo --title Apollo --purpose "New braking unit"')
    return cordee


def test_a_project_is_listed_with_its_handle(apollo: Console):
    (row,) = json.loads(apollo.good("project list --json"))
    assert (row["handle"], row["title"], row["charter"]) == ("@apollo@acme.example", "Apollo", "none")


@pytest.mark.parametrize(
    "name", ["apollo", "@apollo", "Apollo", "@apollo@acme.example", "https://acme.example/projects/apollo"]
)
def test_a_project_answers_to_each_of_its_names(apollo: Console, name: str):
    assert json.loads(apollo.good(f"project show {name} --json"))["purpose"] == "New braking unit"


def test_an_unknown_project_is_named(apollo: Console):
    assert apollo.bad("project show gemini") == "cordee: There is no such project: gemini."


def test_a_person_is_no_project(apollo: Console):
    assert (
        apollo.bad("project show @alice@acme.example")
        == "cordee: There is no such project: @alice@acme.example."
    )


def test_nobody_joins_a_project_without_a_charter(apollo: Console):
    assert "charter" in apollo.bad("member add apollo alice")


def test_there_is_nothing_to_approve_without_an_offer(apollo: Console):
    assert apollo.bad("charter approve apollo") == (
        "cordee: There is no such charter that waits for an answer: apollo."
    )


@pytest.mark.parametrize("command", ["suspend", "resume", "leave --yes"])
def test_there_is_nothing_to_close_without_a_charter(apollo: Console, command: str):
    assert "no charter in force" in apollo.bad(f"charter {command} apollo")


def test_leaving_asks_first(apollo: Console):
    result = apollo("charter leave apollo", text="n\n")
    assert result.exit_code == 1
    assert "Leave apollo for good?" in result.stdout


def test_an_unknown_label_is_refused_with_those_there_are(apollo: Console):
    said = apollo.bad("charter offer apollo --party globex.localhost --purpose x --ceiling C9")
    assert said == "cordee: ceiling: C9: write one of C0, C1, C2, C3"


# token, backup, egress, check


def test_a_token_is_printed_alone_and_works(cordee: Console):
    made = cordee.good('token --person alice --scopes "read write follow push"').strip()
    row = read(cordee, lambda tx: token.find(tx, made))
    assert row.scopes == "read write follow push"


def test_an_unknown_scope_is_named(cordee: Console):
    assert 'scopes: "everything" is no scope' in cordee.bad('token --person alice --scopes "read everything"')


def test_a_backup_holds_what_the_node_holds(cordee: Console):
    target = cordee.directory / "copy.sqlite"
    cordee.good(f"backup {target}")
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT username FROM actor WHERE kind = 'person'").fetchall() == [("alice",)]
    assert target.stat().st_mode & 0o777 == 0o600


def test_a_backup_overwrites_nothing(cordee: Console):
    (cordee.directory / "copy.sqlite").write_text("precious")
    assert "exists already" in cordee.bad(f"backup {cordee.directory / 'copy.sqlite'}", status=2)
    assert (cordee.directory / "copy.sqlite").read_text() == "precious"


def test_the_nightly_backup_holds_all_that_a_node_needs_to_come_back(cordee: Console):
    (cordee.data / "media").mkdir(exist_ok=True)
    (cordee.data / "media" / "picture").write_text("pixels")
    tools = cordee.directory / "tools"
    tools.mkdir()
    (tools / "cordee").write_text(f'#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m web.serve "$@"\n')
    (tools / "cordee").chmod(0o755)
    environment = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "CORDEE_CONFIG": str(cordee.toml),
        "CORDEE_DATA_DIR": str(cordee.data),
    }
    subprocess.run([ROOT / "deploy/backup.sh", cordee.directory / "copies"], env=environment, check=True)
    (copy,) = (cordee.directory / "copies").iterdir()
    assert {path.name for path in copy.iterdir()} == {"cordee.sqlite", "seal.key", "cordee.toml", "media"}
    assert (copy / "media" / "picture").read_text() == "pixels"
    assert copy.stat().st_mode & 0o077 == 0


@pytest.fixture
def asked(apollo: Console) -> Console:
    """A node with two lines in its ledger: it asked a host that does not answer."""
    for _ in range(2):
        apollo.bad("charter offer apollo --party globex.localhost --purpose x")
    return apollo


def test_what_a_command_asked_of_another_host_is_in_the_ledger(asked: Console):
    rows = json.loads(asked.good("egress log --json"))
    assert [(row["seq"], row["letter"], row["host"]) for row in rows] == [
        (1, "inquiry", "globex.localhost"),
        (2, "inquiry", "globex.localhost"),
    ]


def test_the_ledger_can_be_asked_for_one_verdict_or_host(asked: Console):
    assert json.loads(asked.good("egress log --json --verdict withheld")) == []
    assert json.loads(asked.good("egress log --json --host initech.example")) == []
    assert len(json.loads(asked.good("egress log --json --limit 1"))) == 1


def test_a_whole_ledger_is_proven(asked: Console):
    proof = json.loads(asked.good("egress verify --json"))
    assert (proof["ok"], proof["lines"]) == (True, 2)
    assert f"2 lines, whole. Head: {proof['head']}" in asked.good("egress verify")


def test_a_changed_line_is_found(asked: Console):
    asked.execute("DROP TRIGGER ledger_no_update; UPDATE ledger SET host = 'nobody.example' WHERE seq = 2")
    assert "does not fit from line 2 on" in asked.bad("egress verify")


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


# every command


COMMANDS = commands(app)


def test_every_command_of_the_house_is_there():
    assert {line.split()[0] for line in COMMANDS} >= {
        "init", "person", "project", "charter", "member", "egress", "check", "token", "backup",
    }  # fmt: skip


@pytest.mark.parametrize("line", COMMANDS)
def test_every_commands_help_ends_its_words_with_an_example_of_itself(line: str):
    assert f"Example: cordee {line}" in COMMANDS[line]


@pytest.mark.parametrize(
    "line", [line for line in COMMANDS if line.split()[-1] in {"list", "show", "log", "verify", "check"}]
)
def test_every_command_that_reads_can_speak_json(line: str):
    assert "--json" in COMMANDS[line]
