"""What tags need of the database. The rule kept here: a snapshot, it stays as it was when the declared tables move on."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing yet."""
