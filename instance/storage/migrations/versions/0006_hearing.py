"""What hearing need of the database. The rule kept here: a snapshot, it stays as it was when the declared tables move on."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Nothing yet."""
