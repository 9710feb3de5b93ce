"""Who may read what: the SQL condition and the policy say the same of every post, whatever the data."""

from hypothesis import given, settings
from hypothesis import strategies as st

from instance import ids
from instance.domain import finding, index
from instance.domain.post import empty_row
from instance.policy import INTERNAL, PUBLIC, Viewer, may_see
from instance.storage import follows, hearing, posts, search, tag_timelines, tags, timelines
from instance.storage.follows import FollowRow
from instance.storage.hearing import BlockRow
from instance.storage.tag_timelines import TagFilter
from instance.storage.window import Window

from .posting import NOW_MS, a_person, a_project, a_tx, join

PEOPLE = 3
PROJECTS = 2
pairs = st.sets(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1)))
membership = st.tuples(
    st.integers(0, PROJECTS - 1),
    st.integers(0, PEOPLE - 1),
    st.sampled_from(["requested", "active", "left"]),
    st.sampled_from(["lead", "member", "follower"]),
)
a_post = st.tuples(
    st.integers(0, PEOPLE - 1),
    st.sampled_from([INTERNAL, PUBLIC, 0, 1]),
    st.sampled_from(["public", "unlisted", "private", "direct"]),
    st.sets(st.integers(0, PEOPLE - 1)),
    st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(
    following=pairs,
    blocking=pairs,
    joined=st.lists(membership, max_size=6),
    written=st.lists(a_post, min_size=1, max_size=8),
)
def test_the_sql_condition_agrees_with_the_policy_on_every_post(following, blocking, joined, written):
    tx = a_tx()
    people = [a_person(tx, f"p{n}") for n in range(PEOPLE)]
    projects = [a_project(tx, f"q{n}") for n in range(PROJECTS)]
    for follower, followee in following:
        follows.add(tx, FollowRow(people[follower].id, people[followee].id, NOW_MS))
    for blocker, blocked in blocking:
        hearing.add_block(tx, BlockRow(ids.snowflake(NOW_MS), people[blocker].id, people[blocked].id))
    standing = {(project, person): (state, role) for project, person, state, role in joined}
    for (project, person), (state, role) in standing.items():
        join(tx, projects[project], people[person], state=state, role=role)
    rows = [write(tx, people, projects, post) for post in written]
    for at, viewer in enumerate(people):
        mine = frozenset(
            projects[p].iri for (p, who), (state, _) in standing.items() if who == at and state == "active"
        )
        for row, (author, _, visibility, mentioned, deleted) in zip(rows, written, strict=True):
            allowed = not deleted and may_see(
                Viewer(viewer.id, mine),
                row.space,
                visibility=visibility,
                author_id=people[author].id,
                follows=(at, author) in following,
                mentioned=at in mentioned,
                blocked=(author, at) in blocking,
            )
            assert (posts.seen_by(tx, viewer.id, row.id) is not None) == allowed
            assert (row.id in posts.page_facts(tx, [row.id], viewer.id).posts) == allowed
            assert (row.id in timelines.account(tx, viewer.id, row.author_id, Window(limit=80))) == allowed
            heard = allowed and (at, author) not in blocking
            assert (row.id in found(tx, viewer)) == heard
            open_to_all = row.space != INTERNAL or visibility == "public"
            assert (row.id in tagged(tx, viewer)) == (heard and open_to_all)


def found(tx, viewer):
    """What a search of the one word of all posts finds."""
    sought = finding.sought(tx, viewer, finding.parse("frame"))
    return search.find(tx, viewer.id, sought, Window(limit=80))


def tagged(tx, viewer):
    """What the hashtag of all posts shows."""
    one_of = tuple(tags.known(tx, ["frame"]).values())
    return tag_timelines.tagged(tx, viewer.id, TagFilter(one_of), Window(limit=80))


def write(tx, people, projects, post):
    author, place, visibility, mentioned, deleted = post
    space = projects[place].iri if isinstance(place, int) else place
    row_id = ids.snowflake(NOW_MS)
    row = empty_row(row_id, tx.home.iri("posts", row_id), people[author].id, space, NOW_MS)
    row = row._replace(
        content="<p>frame</p>", visibility=visibility, deleted_at_ms=NOW_MS if deleted else None
    )
    posts.insert_one(tx, row)
    posts.add_mentions(tx, row.id, [people[n].id for n in mentioned])
    tags.put(tx, row.id, row.space, ["frame"])
    index.keep(tx, row.id)
    return row
