"""Emojis under posts: one for each person and emoji, told as a favourite is, and read from whoever writes them."""

import pytest

from federation.activity import Activity
from instance.activities import rule_for
from instance.domain import emoji_reaction, post, reaction
from instance.domain.emoji_reaction import emoji_of
from instance.errors import BadInput, NotFound
from instance.storage import emoji_reactions, emojis, notifications
from instance.storage.window import Window

from .posting import GATE, GLOBEX, a_person, an_activity, incoming, publish, take

DIGEST = "f1220" + "ab" * 32


def told(tx, person):
    return [row.kind for row in notifications.of_owner(tx, person.id, Window())]


def under(tx, row, viewer_id=0):
    """The emojis under a post with how many put each."""
    return [(one.name, one.people) for one in emoji_reactions.counts(tx, [row.id], viewer_id).get(row.id, [])]


def arrives(tx, document, project):
    rule = rule_for(Activity.parse(document))
    assert rule is not None
    return take(tx, (rule.verify, rule.apply), incoming(document, project))


def a_drawing(**more):
    icon = {
        "url": f"https://{GLOBEX}/media/7",
        "mediaType": "image/png",
        "size": 100,
        "digestMultibase": DIGEST,
    }
    return {"type": "Emoji", "name": ":bolt:", "icon": icon, **more}


def test_an_emoji_is_drafted_for_the_space_of_its_post(tx, alice, apollo):
    row = publish(tx, alice, "@apollo go")
    (draft,) = emoji_reaction.react(tx, GATE, alice, row.id, "👍").drafts
    said = draft.activity
    assert (said["type"], said["object"], said["content"]) == ("EmojiReact", row.iri, "👍")
    assert draft.project == apollo.iri


def test_the_same_emoji_twice_counts_and_says_nothing_more(tx, alice, apollo):
    row = publish(tx, alice, "@apollo go")
    emoji_reaction.react(tx, GATE, alice, row.id, "👍")
    assert emoji_reaction.react(tx, GATE, alice, row.id, "👍").drafts == ()
    assert under(tx, row) == [("👍", 1)]


def test_several_emojis_stand_in_the_order_in_which_they_came(tx, alice, bob, apollo):
    row = publish(tx, alice, "@apollo go")
    emoji_reaction.react(tx, GATE, alice, row.id, "🎉")
    tx.now_ms += 1
    assert arrives(tx, an_activity("EmojiReact", bob, row.iri, content="👍"), apollo).taken
    assert arrives(tx, an_activity("EmojiReact", bob, row.iri, content="🎉"), apollo).taken
    assert under(tx, row) == [("🎉", 2), ("👍", 1)]


@pytest.mark.parametrize("name", ["nothing", "", "👍👍", "<b>"])
def test_what_is_no_emoji_of_ours_is_refused(tx, alice, name):
    with pytest.raises(BadInput):
        emoji_reaction.react(tx, GATE, alice, publish(tx, alice, "x").id, name)


def test_a_post_that_one_may_not_read_gets_no_emoji(tx, alice):
    row, carol = publish(tx, alice, "mine", visibility="direct"), a_person(tx, "carol")
    for verb in (emoji_reaction.react, emoji_reaction.unreact):
        with pytest.raises(NotFound):
            verb(tx, GATE, carol, row.id, "👍")


def test_one_person_puts_a_few_and_no_more(tx, alice, bob, apollo):
    row = publish(tx, alice, "@apollo go")
    signs = "😀😁😂😃😄😅😆😇😈"
    for sign in signs[:8]:
        emoji_reaction.react(tx, GATE, alice, row.id, sign)
        assert arrives(tx, an_activity("EmojiReact", bob, row.iri, content=sign), apollo).taken
    with pytest.raises(BadInput):
        emoji_reaction.react(tx, GATE, alice, row.id, signs[8])
    ninth = an_activity("EmojiReact", bob, row.iri, content=signs[8])
    assert arrives(tx, ninth, apollo) == (False, "reactions_too_many")


def test_taking_an_emoji_back_undoes_the_very_activity(tx, alice, apollo):
    row = publish(tx, alice, "@apollo go")
    (said,) = emoji_reaction.react(tx, GATE, alice, row.id, "👍").drafts
    (undo,) = emoji_reaction.unreact(tx, GATE, alice, row.id, "👍").drafts
    assert (undo.activity["type"], undo.activity["object"]["id"]) == ("Undo", said.activity["id"])
    assert under(tx, row) == []
    assert emoji_reaction.unreact(tx, GATE, alice, row.id, "👍").drafts == ()


def test_the_author_hears_once_of_each_person_until_the_last_sign_is_gone(tx, alice):
    carol, row = a_person(tx, "carol"), publish(tx, alice, "x")
    emoji_reaction.react(tx, GATE, carol, row.id, "👍")
    emoji_reaction.react(tx, GATE, carol, row.id, "🎉")
    assert told(tx, alice) == ["favourite"]
    emoji_reaction.unreact(tx, GATE, carol, row.id, "👍")
    assert told(tx, alice) == ["favourite"]
    emoji_reaction.unreact(tx, GATE, carol, row.id, "🎉")
    assert told(tx, alice) == []


def test_who_favourited_before_is_not_told_of_again(tx, alice):
    carol, row = a_person(tx, "carol"), publish(tx, alice, "x")
    reaction.favourite(tx, GATE, carol, row.id)
    emoji_reaction.react(tx, GATE, carol, row.id, "👍")
    assert told(tx, alice) == ["favourite"]


def test_a_deleted_post_loses_its_emojis(tx, alice):
    row = publish(tx, alice, "x")
    emoji_reaction.react(tx, GATE, alice, row.id, "👍")
    post.delete(tx, alice, row.id)
    assert under(tx, row) == []


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"content": "👍"}, "👍"),
        ({"content": " 👍🏽 "}, "👍🏽"),
        ({"content": ":bolt:"}, ":bolt:"),
        ({"content": ":bolt@.:"}, ":bolt:"),
        ({"content": ":bolt@globex.example:"}, ":bolt:"),
        ({"_misskey_reaction": "🎉"}, "🎉"),
        ({"content": {"en": "🎉"}}, "🎉"),
        ({"content": "nice work"}, None),
        ({"content": ":b:"}, None),
        ({"content": "x" * 10_000}, None),
        ({"content": 7}, None),
        ({}, None),
    ],
)
def test_an_emoji_is_read_in_every_spelling_and_words_are_none(said, meant):
    assert emoji_of(said) == meant


def test_a_misskey_like_with_an_emoji_is_an_emoji_and_with_a_heart_a_favourite(tx, alice, bob, apollo):
    row = publish(tx, alice, "@apollo go")
    laugh = an_activity("Like", bob, row.iri, content="😆", _misskey_reaction="😆")
    assert arrives(tx, laugh, apollo) == (True, "reaction_in_the_project")
    heart = an_activity("Like", bob, row.iri, content="❤", _misskey_reaction="❤")
    assert arrives(tx, heart, apollo) == (True, "favourite_in_the_project")
    assert under(tx, row) == [("😆", 1)]


def test_words_under_a_post_are_refused_with_what_to_do_instead(tx, alice, bob, apollo):
    row = publish(tx, alice, "@apollo go")
    words = an_activity("EmojiReact", bob, row.iri, content="well done")
    assert arrives(tx, words, apollo) == (False, "reaction_not_an_emoji")


def test_a_drawn_emoji_is_its_companys_and_its_picture_is_asked_for(tx, alice, bob, apollo):
    row = publish(tx, alice, "@apollo go")
    drawn = an_activity("EmojiReact", bob, row.iri, content=":bolt:", tag=[a_drawing()])
    assert arrives(tx, drawn, apollo).taken
    assert under(tx, row) == [(f"bolt@{GLOBEX}", 1)]
    (known,) = emojis.named(tx, ["bolt"], hosts=[GLOBEX], spaces=[apollo.iri])
    assert known.state == "wanted"
    assert emoji_reaction.drawn_of(tx, emoji_reactions.counts(tx, [row.id], 0), {row.id: apollo.iri}) == {
        row.id: {}
    }


def test_a_picture_of_another_host_is_not_asked_for(tx, alice, bob, apollo):
    row = publish(tx, alice, "@apollo go")
    icon = a_drawing()["icon"] | {"url": "https://elsewhere.example/x.png"}
    drawn = an_activity("EmojiReact", bob, row.iri, content=":bolt:", tag=a_drawing(icon=icon))
    assert arrives(tx, drawn, apollo).taken
    assert emojis.named(tx, ["bolt"], hosts=[GLOBEX], spaces=[apollo.iri]) == []


@pytest.mark.parametrize("verb", ["EmojiReact", "Like"])
def test_a_partner_takes_an_emoji_back_however_it_is_named(tx, alice, bob, apollo, verb):
    row = publish(tx, alice, "@apollo go")
    forms = (
        lambda said: said["id"],
        lambda said: {"type": verb, "id": said["id"]},
        lambda said: said,
        lambda said: said | {"id": "https://globex.example/activities/lost"},
    )
    for form in forms:
        said = an_activity(verb, bob, row.iri, content="👍")
        assert arrives(tx, said, apollo).taken
        assert arrives(tx, an_activity("Undo", bob, form(said)), apollo).taken
        assert under(tx, row) == []


def test_nobody_takes_anothers_emoji_back(tx, alice, bob, apollo):
    row = publish(tx, alice, "@apollo go")
    said = an_activity("EmojiReact", bob, row.iri, content="👍")
    arrives(tx, said, apollo)
    eve = a_person(tx, "eve", GLOBEX)
    assert arrives(tx, an_activity("Undo", eve, said["id"]), apollo) == (False, "reaction_unknown")
    assert under(tx, row) == [("👍", 1)]


def test_an_emoji_of_who_is_not_in_the_project_or_under_an_internal_post_is_refused(tx, alice, bob, apollo):
    row, inside = publish(tx, alice, "@apollo go"), publish(tx, alice, "internal")
    stranger = a_person(tx, "dan", GLOBEX)
    refused = arrives(tx, an_activity("EmojiReact", stranger, row.iri, content="👍"), apollo)
    assert refused == (False, "author_not_in_project")
    hidden = arrives(tx, an_activity("EmojiReact", bob, inside.iri, content="👍"), apollo)
    assert hidden == (False, "post_unknown")
