"""A list of new employees: what can be read is read, and what cannot is named by line and field."""

from hypothesis import given
from hypothesis import strategies as st

from instance.cli import roster
from instance.cli.roster import Fault, Newcomer

HEADER = "username,name,email,title,password\n"


def faults(text: str) -> list[tuple[int, str]]:
    return [(fault.line, fault.field) for fault in roster.read(text).faults]


def test_a_full_line_is_read():
    read = roster.read(HEADER + 'alice,"Ménard, Alice",alice@acme.example,Engineer,a long password\n')
    assert read == (
        [Newcomer(2, "alice", "Ménard, Alice", "alice@acme.example", "Engineer", "a long password")],
        [],
    )


def test_two_columns_are_enough_in_any_order():
    assert roster.read("name,username\nBob,bob\n").newcomers == [Newcomer(2, "bob", "Bob")]


def test_spaces_around_a_cell_do_not_count():
    assert roster.read("username,name\n alice , Alice \n").newcomers == [Newcomer(2, "alice", "Alice")]


def test_an_unknown_column_is_named():
    assert roster.read("username,name,mail\n").faults == [
        Fault(1, "mail", "no column of this list; known are username, name, email, title, password")
    ]


def test_a_missing_column_is_named():
    assert faults("username\nalice\n") == [(1, "name")]


def test_an_empty_file_lacks_its_columns():
    assert faults("") == [(1, "username"), (1, "name")]


def test_a_line_with_too_many_cells_is_a_fault():
    assert faults("username,name\nalice,Ménard, Alice\n") == [(2, "line")]


def test_a_line_with_too_few_cells_is_read_with_empty_ones():
    assert roster.read("username,name\nalice\n").newcomers == [Newcomer(2, "alice", "")]


def test_the_line_of_a_fault_counts_the_lines_inside_quotes():
    assert faults('username,name\nalice,"Alice\nMénard"\nbob,Bob,more\n') == [(4, "line")]


def test_a_cell_beyond_all_measure_is_a_fault_of_its_line():
    assert faults(f"username,name\nalice,{'x' * 200_000}\n") == [(2, "line")]


@given(st.text())
def test_any_text_is_read_or_faulted_and_never_crashes(text: str):
    read = roster.read("username,name\n" + text)
    assert all(person.line > 1 for person in read.newcomers)
