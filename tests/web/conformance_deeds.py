"""Every deed that an app can do to what is in the world, in an order in which each is possible."""

from typing import Any

Deed = tuple[str, str, dict[str, Any]]

# Parameters are filled from the ids of the world.
DEEDS: tuple[Deed, ...] = (
    ("PUT", "/api/v1/push/subscription", {"data": {"alerts": {"follow": True}}}),
    ("DELETE", "/api/v1/push/subscription", {}),
    ("PATCH", "/api/v1/profile", {"note": "Beams"}),
    ("DELETE", "/api/v1/profile/avatar", {}),
    ("DELETE", "/api/v1/profile/header", {}),
    ("PUT", "/api/v1/media/{media}", {"description": "A roof"}),
    ("DELETE", "/api/v1/media/{media}", {}),
    ("PUT", "/api/v1/statuses/{status}/interaction_policy", {"quote_approval_policy": "public"}),
    ("POST", "/api/v1/statuses/{status}/unbookmark", {}),
    ("POST", "/api/v1/statuses/{status}/unfavourite", {}),
    ("POST", "/api/v1/statuses/{status}/unpin", {}),
    ("POST", "/api/v1/statuses/{status}/reblog", {}),
    ("POST", "/api/v1/statuses/{status}/unreblog", {}),
    ("DELETE", "/api/v1/featured_tags/{featured}", {}),
    ("POST", "/api/v1/tags/frame/feature", {}),
    ("POST", "/api/v1/tags/frame/unfeature", {}),
    ("POST", "/api/v1/tags/frame/unfollow", {}),
    ("PUT", "/api/v1/lists/{list}", {"title": "Beams"}),
    ("DELETE", "/api/v1/lists/{list}/accounts", {"account_ids": ["{zoe}"]}),
    ("DELETE", "/api/v1/lists/{list}", {}),
    ("PUT", "/api/v1/filters/{keyword}", {"phrase": "din", "context": ["home"]}),
    ("POST", "/api/v2/filters/{filter}/keywords", {"keyword": "racket"}),
    ("PUT", "/api/v2/filters/keywords/{keyword}", {"keyword": "din"}),
    ("DELETE", "/api/v2/filters/statuses/{filter_status}", {}),
    ("PUT", "/api/v2/filters/{filter}", {"title": "Din"}),
    ("POST", "/api/v1/filters", {"phrase": "spam", "context": ["home"]}),
    ("DELETE", "/api/v2/filters/keywords/{keyword}", {}),
    ("DELETE", "/api/v2/filters/{filter}", {}),
    ("PUT", "/api/v1/scheduled_statuses/{scheduled}", {"scheduled_at": "{later}"}),
    ("DELETE", "/api/v1/scheduled_statuses/{scheduled}", {}),
    ("POST", "/api/v1/conversations/{conversation}/read", {}),
    ("POST", "/api/v1/conversations/{conversation}/unread", {}),
    ("DELETE", "/api/v1/conversations/{conversation}", {}),
    ("PATCH", "/api/v1/collections/{collection}", {"description": "Frames"}),
    ("POST", "/api/v1/collections/{collection}/items", {"account_id": "{alice}"}),
    ("DELETE", "/api/v1/collections/{collection}", {}),
    ("PUT", "/api/v1/announcements/{announcement}/reactions/👍", {}),
    ("DELETE", "/api/v1/announcements/{announcement}/reactions/👍", {}),
    ("POST", "/api/v1/announcements/{announcement}/dismiss", {}),
    ("POST", "/api/v1/notifications/requests/{request}/accept", {}),
    ("POST", "/api/v1/notifications/requests/accept", {"id": ["{request}"]}),
    ("POST", "/api/v1/notifications/requests/dismiss", {"id": ["{request}"]}),
    ("POST", "/api/v1/notifications/{notification}/dismiss", {}),
    ("POST", "/api/v2/notifications/{group}/dismiss", {}),
    ("DELETE", "/api/v1/notifications/destroy_multiple", {"ids": ["{notification}"]}),
    ("POST", "/api/v1/notifications/clear", {}),
    ("POST", "/api/v2/notifications/clear", {}),
    ("DELETE", "/api/v1/suggestions/{max}", {}),
    ("DELETE", "/api/v1/domain_blocks", {"domain": "elsewhere.example"}),
    ("POST", "/api/v1/accounts/{zoe}/pin", {}),
    ("POST", "/api/v1/accounts/{zoe}/unpin", {}),
    ("POST", "/api/v1/accounts/{zoe}/unendorse", {}),
    ("POST", "/api/v1/accounts/{zoe}/remove_from_followers", {}),
    ("POST", "/api/v1/accounts/{zoe}/unfollow", {}),
    ("POST", "/api/v1/accounts/{zoe}/block", {}),
    ("POST", "/api/v1/accounts/{zoe}/unblock", {}),
)
BY_IT: tuple[Deed, ...] = (
    ("PUT", "/api/v1/admin/reports/{report}", {"category": "spam"}),
    ("POST", "/api/v1/admin/reports/{report}/assign_to_self", {}),
    ("POST", "/api/v1/admin/reports/{report}/unassign", {}),
    ("POST", "/api/v1/admin/reports/{report}/resolve", {}),
    ("POST", "/api/v1/admin/reports/{report}/reopen", {}),
    ("POST", "/api/v1/admin/accounts/{max}/action", {"type": "suspend"}),
    ("POST", "/api/v1/admin/accounts/{max}/unsuspend", {}),
    ("POST", "/api/v1/admin/accounts/{max}/enable", {}),
    ("POST", "/api/v1/admin/accounts/{max}/unsilence", {}),
    ("POST", "/api/v1/admin/accounts/{max}/unsensitive", {}),
    ("POST", "/api/v1/admin/canonical_email_blocks/test", {"email": "a@b.example"}),
    ("GET", "/api/v1/admin/domain_allows/{allowed}", {}),
    ("GET", "/api/v1/admin/tags/{tag}", {}),
    ("PUT", "/api/v1/admin/tags/{tag}", {}),
)


def filled(value: Any, ids: dict[str, str]) -> Any:
    """A path or a body with the ids put in."""
    if isinstance(value, str):
        return value.format_map(ids)
    if isinstance(value, list):
        return [filled(one, ids) for one in value]
    if isinstance(value, dict):
        return {key: filled(one, ids) for key, one in value.items()}
    return value
