"""What talk need of the database. The rule kept here: a snapshot, it stays as it was when the declared tables move on."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Nothing yet."""
