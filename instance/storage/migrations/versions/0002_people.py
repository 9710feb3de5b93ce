"""What people need of the database. The rule kept here: a snapshot, it stays as it was when the declared tables move on."""

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Nothing yet."""
