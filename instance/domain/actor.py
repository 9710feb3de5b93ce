"""The company's people and its node. The rule kept here: whoever is disabled is out of every project, session and token at once."""

import re

from federation.letters import Draft
from instance.domain import member, saying
from instance.domain.outcome import Outcome
from instance.domain.partner import shown
from instance.domain.profile import add_ed25519, ensure_rsa, render_person
from instance.errors import BadInput, Conflict, NotFound
from instance.events import ActorChanged, TokenChanged
from instance.ids import snowflake
from instance.storage import actors, logins, members
from instance.storage.actors import ActorRow
from instance.storage.database import Tx
from instance.storage.logins import LoginRow

NAME_LIMIT_CHARS = 100
SUMMARY_LIMIT_CHARS = 500
EMAIL_LIMIT_CHARS = 254
_USERNAME = re.compile(r"[a-z0-9_]{1,30}")
_EMAIL = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+")
_LOCALE = re.compile(r"[a-z]{2}")


def create_person(  # noqa: PLR0913  these are the facts of a person, each with its name
    tx: Tx,
    *,
    username: str,
    display_name: str,
    password_hash: str,
    email: str = "",
    is_admin: bool = False,
    title: str = "",
    locale: str = "en",
) -> Outcome[ActorRow]:
    """Add an employee. The password comes hashed (`passwords.hash_of`). Raises BadInput, naming the field."""
    row = new_row(tx, "person", check_username(tx, username), check_name("display_name", display_name))
    row = row._replace(title=check_line("title", title))
    login = LoginRow(
        row.id, check_email(tx, email), password_hash, int(is_admin), _checked_locale(locale), tx.now_ms, None
    )
    actors.add(tx, row)
    logins.add(tx, login)
    add_ed25519(tx, row.iri)
    tx.emit(ActorChanged(row.id))
    return Outcome(row)


def create_node(tx: Tx) -> Outcome[ActorRow]:
    """Make the node's own actor with its keys, named by its host and by the company; the one there is when made already."""
    found = actors.by_iri(tx, tx.home.node)
    if found is None:
        found = new_row(tx, "node", tx.home.host.partition(":")[0], tx.home.company)
        actors.add(tx, found)
        add_ed25519(tx, found.iri)
        ensure_rsa(tx, found.iri)
    return Outcome(found)


def new_row(tx: Tx, kind: str, username: str, display_name: str) -> ActorRow:
    """A row for a new actor of ours, not written yet."""
    paths = {"person": "people", "project": "projects"}
    return ActorRow(
        id=snowflake(tx.now_ms),
        iri=tx.home.iri(paths[kind], username) if kind in paths else tx.home.node,
        kind=kind,
        username=username,
        host=tx.home.host,
        display_name=display_name,
        summary="",
        inbox=tx.home.inbox,
        state="active",
        title="",
        posts_count=0,
        last_post_at_ms=None,
        created_at_ms=tx.now_ms,
        updated_at_ms=tx.now_ms,
        document=None,
    )


def check_username(tx: Tx, username: str, *, field: str = "username") -> str:
    """The username in lower case. Raises BadInput(field) when it breaks the rules or is in use, by a person or a project."""
    name = username.strip().lower().removeprefix("@")
    if not _USERNAME.fullmatch(name):
        raise BadInput(field, f'"{username}": 1 to 30 of a-z, 0-9 and _.')
    if actors.by_username(tx, name, tx.home.host) is not None:
        raise BadInput(field, f'"{name}" is in use already.')
    return name


def check_name(field: str, name: str) -> str:
    """A name on one line. Raises BadInput(field)."""
    found = check_line(field, name)
    if not found:
        raise BadInput(field, "A name is needed.")
    return found


def check_line(field: str, words: str) -> str:
    """A line of text, perhaps empty. Raises BadInput(field)."""
    found = shown(words)
    if len(found) > NAME_LIMIT_CHARS:
        raise BadInput(field, f"{NAME_LIMIT_CHARS} characters at most.")
    return found


def check_email(tx: Tx, email: str) -> str:
    """The address in lower case, or nothing. Raises BadInput("email") when it is none or another person's."""
    address = email.strip().lower()
    if not address:
        return ""
    if len(address) > EMAIL_LIMIT_CHARS or not _EMAIL.fullmatch(address):
        raise BadInput("email", f'"{email}" is no address.')
    if logins.is_taken(tx, address):
        raise BadInput("email", f'"{address}" is the address of somebody else.')
    return address


def _checked_locale(locale: str) -> str:
    if not _LOCALE.fullmatch(locale):
        raise BadInput("locale", f'"{locale}": two letters, as in "en" or "fr".')
    return locale


def update_profile(
    tx: Tx,
    actor_id: int,
    *,
    display_name: str | None = None,
    summary: str | None = None,
    title: str | None = None,
) -> Outcome[ActorRow]:
    """Write what a person says of themselves, and tell name and title in each of their projects. Raises NotFound, BadInput."""
    row = _person(tx, actor_id)
    words = row.summary if summary is None else summary.strip()
    if len(words) > SUMMARY_LIMIT_CHARS:
        raise BadInput("summary", f"{SUMMARY_LIMIT_CHARS} characters at most.")
    name = row.display_name if display_name is None else check_name("display_name", display_name)
    role = row.title if title is None else check_line("title", title)
    actors.set_profile(tx, actor_id, display_name=name, summary=words, title=role)
    tx.emit(ActorChanged(actor_id))
    changed = _person(tx, actor_id)
    told = (changed.display_name, changed.title) != (row.display_name, row.title)
    return Outcome(changed, _profile_drafts(tx, changed) if told else ())


def _profile_drafts(tx: Tx, row: ActorRow) -> tuple[Draft, ...]:
    document = render_person(row, actors.keys_of(tx, row.iri), home=tx.home)
    del document["@context"]
    return tuple(
        saying.in_log(tx, "Update", document, author=row.iri, project=found.project_iri)
        for found in members.projects_of(tx, row.id)
    )


def disable_person(tx: Tx, actor_id: int) -> Outcome[ActorRow]:
    """Shut a person out: out of every project, every session and token ended, no sign-in. Raises NotFound, Conflict."""
    row = _person(tx, actor_id)
    login = logins.login_of(tx, actor_id)
    if login is not None and login.is_admin and [admin.actor_id for admin in logins.admins(tx)] == [actor_id]:
        raise Conflict("last_admin", "This is the last administrator; make somebody else one first.")
    drafts = member.remove_everywhere(tx, actor_id).drafts
    actors.set_state(tx, actor_id, "disabled")
    logins.revoke_access(tx, actor_id)
    tx.emit(TokenChanged(actor_id))
    tx.emit(ActorChanged(actor_id))
    return Outcome(row._replace(state="disabled"), drafts)


def enable_person(tx: Tx, actor_id: int) -> Outcome[ActorRow]:
    """Let a person back in; into projects they are added anew. Raises NotFound."""
    row = _person(tx, actor_id)
    actors.set_state(tx, actor_id, "active")
    tx.emit(ActorChanged(actor_id))
    return Outcome(row._replace(state="active"))


def set_password(tx: Tx, actor_id: int, *, password_hash: str) -> Outcome[ActorRow]:
    """Give a person a new password (hashed) and end every session and token of the old one. Raises NotFound."""
    row = _person(tx, actor_id)
    logins.set_password(tx, actor_id, password_hash)
    logins.revoke_access(tx, actor_id)
    tx.emit(TokenChanged(actor_id))
    return Outcome(row)


def set_locale(tx: Tx, actor_id: int, *, locale: str) -> Outcome[ActorRow]:
    """Choose the language in which a person is spoken to. Raises NotFound, BadInput."""
    row = _person(tx, actor_id)
    logins.set_locale(tx, actor_id, _checked_locale(locale))
    tx.emit(TokenChanged(actor_id))
    return Outcome(row)


def set_admin(tx: Tx, actor_id: int, *, is_admin: bool) -> Outcome[ActorRow]:
    """Let a person administer the node, or no longer. Raises NotFound, Conflict for the last administrator."""
    row = _person(tx, actor_id)
    if not is_admin and [admin.actor_id for admin in logins.admins(tx)] == [actor_id]:
        raise Conflict("last_admin", "This is the last administrator; make somebody else one first.")
    logins.set_admin(tx, actor_id, is_admin=is_admin)
    tx.emit(ActorChanged(actor_id))
    return Outcome(row)


def _person(tx: Tx, actor_id: int) -> ActorRow:
    row = actors.by_id(tx, actor_id)
    if row is None or row.kind != "person" or row.host != tx.home.host:
        raise NotFound("person")
    return row
