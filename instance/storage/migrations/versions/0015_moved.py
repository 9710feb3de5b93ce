"""For the move of a company to another domain. A snapshot: it stays as it was when the declared tables move on."""

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Nothing yet."""
