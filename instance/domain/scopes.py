"""What an app may be allowed to do, in Mastodon's words. The rule kept here: nobody gets more than the application registered for."""

from instance.errors import Refusal

DEFAULT_SCOPES = "read"

_READ = (
    "accounts",
    "blocks",
    "bookmarks",
    "collections",
    "favourites",
    "filters",
    "follows",
    "lists",
    "mutes",
    "notifications",
)
_WRITE = (
    "accounts",
    "blocks",
    "bookmarks",
    "collections",
    "conversations",
    "favourites",
    "filters",
    "follows",
    "lists",
    "media",
)
_ADMIN = (
    "accounts",
    "reports",
    "domain_allows",
    "domain_blocks",
    "ip_blocks",
    "email_domain_blocks",
    "canonical_email_blocks",
)
SCOPES = (
    "profile",
    "read",
    *(f"read:{part}" for part in (*_READ, "search", "statuses")),
    "write",
    *(f"write:{part}" for part in (*_WRITE, "mutes", "notifications", "reports", "statuses")),
    "follow",
    "push",
    *(f"admin:{way}{part}" for way in ("read", "write") for part in ("", *(f":{one}" for one in _ADMIN))),
)
_OF_FOLLOW = frozenset(
    f"{way}:{part}" for way in ("read", "write") for part in ("follows", "blocks", "mutes")
)


class GrantRefused(Refusal):
    """An application is not given what it asks for. `rule` is the error code of RFC 6749, `text` its description."""

    status = 400


def covers(granted: str, wanted: str) -> bool:
    """Whether scopes (words) include one scope: `read` includes `read:lists`, `follow` what it meant before 3.5."""
    words = granted.split()
    return (
        wanted in words or wanted.rpartition(":")[0] in words or ("follow" in words and wanted in _OF_FOLLOW)
    )


def check_scopes(wanted: str, allowed: str) -> str:
    """The wanted scopes, each once, in order; all of them when none is named. Raises GrantRefused("invalid_scope")."""
    words = list(dict.fromkeys(wanted.split())) or DEFAULT_SCOPES.split()
    if any(word not in SCOPES or not covers(allowed, word) for word in words):
        raise GrantRefused("invalid_scope", "The requested scope is invalid, unknown, or malformed.")
    return " ".join(words)
