"""For contexts of conversations. A snapshot: it stays as it was when the declared tables move on."""

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Nothing yet."""
