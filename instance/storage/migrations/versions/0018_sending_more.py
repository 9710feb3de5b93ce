"""For how letters are sent. A snapshot: it stays as it was when the declared tables move on."""

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Nothing yet."""
