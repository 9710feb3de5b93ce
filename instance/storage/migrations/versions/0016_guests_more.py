"""For more about guest hosts. A snapshot: it stays as it was when the declared tables move on."""

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Nothing yet."""
