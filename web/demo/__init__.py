"""The demo: three companies on one machine, tied to one project with two weeks of work in it."""
