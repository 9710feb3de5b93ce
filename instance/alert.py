"""What a push message says: that something happened, of which kind, and its number. The rule kept here: fixed words by kind; who, where and what they wrote have no way in.

The app that is told fetches the notification itself, with its own token, from us.
"""

from typing import Any, NamedTuple

from instance.home import Home

TITLES: dict[str, dict[str, str]] = {
    "mention": {"en": "New mention", "fr": "Nouvelle mention"},
    "status": {"en": "New post", "fr": "Nouvelle publication"},
    "reblog": {"en": "New boost", "fr": "Nouveau partage"},
    "follow": {"en": "New follower", "fr": "Nouvel abonné"},
    "follow_request": {"en": "New request", "fr": "Nouvelle demande"},
    "favourite": {"en": "New favourite", "fr": "Nouveau favori"},
    "poll": {"en": "A poll has ended", "fr": "Un sondage est terminé"},
    "update": {"en": "A post was edited", "fr": "Une publication a été modifiée"},
    "admin.report": {"en": "New report", "fr": "Nouveau signalement"},
    "admin.sign_up": {"en": "New colleague", "fr": "Nouveau collègue"},
    "quoted_update": {"en": "A quoted post was edited", "fr": "Une publication citée a été modifiée"},
    "quote": {"en": "New quote", "fr": "Nouvelle citation"},
}
_OTHER = {"en": "New notification", "fr": "Nouvelle notification"}


class Alert(NamedTuple):
    """One notification of one person, for one app. `token` is that app's own, by which it knows for which account it is told."""

    notification_id: int
    kind: str
    locale: str
    token: str


def render(alert: Alert, home: Home) -> dict[str, Any]:
    """The message, in Mastodon's form."""
    titles = TITLES.get(alert.kind, _OTHER)
    return {
        "access_token": alert.token,
        "preferred_locale": alert.locale,
        "notification_id": alert.notification_id,
        "notification_type": alert.kind,
        "icon": f"{home.base}/static/person.png",
        "title": titles.get(alert.locale, titles["en"]),
        "body": "",
    }
