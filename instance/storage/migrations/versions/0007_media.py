"""What media need of the database. The rule kept here: a snapshot, it stays as it was when the declared tables move on."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nothing yet."""
