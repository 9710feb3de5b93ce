"""What access need of the database. The rule kept here: a snapshot, it stays as it was when the declared tables move on."""

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Nothing yet."""
