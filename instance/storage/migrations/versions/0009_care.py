"""What care need of the database. The rule kept here: a snapshot, it stays as it was when the declared tables move on."""

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Nothing yet."""
