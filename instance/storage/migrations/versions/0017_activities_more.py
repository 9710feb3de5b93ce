"""For activities beyond posts. A snapshot: it stays as it was when the declared tables move on."""

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Nothing yet."""
