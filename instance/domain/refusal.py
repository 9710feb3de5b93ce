"""Why something cannot be published, in the author's language. The rule kept here: every refusal has its words in every language we speak.

What the gate refuses is explained by `policy.explain`, in the same way.
"""

from instance.errors import CannotPublish

RULES: dict[str, dict[str, str]] = {
    "empty": {
        "en": "Write something or attach a picture.",
        "fr": "Écrivez quelque chose ou joignez une image.",
    },
    "too_long": {
        "en": "A post has at most {limit} characters; this one has {count}.",
        "fr": "Une publication a {limit} caractères au plus ; celle-ci en a {count}.",
    },
    "too_many_media": {
        "en": "A post has at most {limit} pictures.",
        "fr": "Une publication a {limit} images au plus.",
    },
    "no_such_media": {
        "en": "A picture is missing or already in another post. Attach it again.",
        "fr": "Une image manque ou appartient déjà à une autre publication. Joignez-la de nouveau.",
    },
    "too_few_options": {
        "en": "A poll has at least two answers to choose from.",
        "fr": "Un sondage a au moins deux réponses au choix.",
    },
    "too_many_options": {
        "en": "A poll has at most {limit} answers to choose from.",
        "fr": "Un sondage a {limit} réponses au choix au plus.",
    },
    "option_too_long": {
        "en": "An answer of a poll has at most {limit} characters.",
        "fr": "Une réponse d’un sondage a {limit} caractères au plus.",
    },
    "same_option_twice": {
        "en": "A poll has the same answer twice. Change one of them.",
        "fr": "Le sondage contient deux fois la même réponse. Changez l’une d’elles.",
    },
    "poll_too_short": {
        "en": "A poll is open for at least {minutes} minutes.",
        "fr": "Un sondage reste ouvert au moins {minutes} minutes.",
    },
    "poll_too_long": {
        "en": "A poll is open for a month at most.",
        "fr": "Un sondage reste ouvert un mois au plus.",
    },
    "poll_with_pictures": {
        "en": "A post has a poll or pictures, not both.",
        "fr": "Une publication a un sondage ou des images, pas les deux.",
    },
    "media_processing": {
        "en": "A picture is still being prepared. Try again in a moment.",
        "fr": "Une image est encore en préparation. Réessayez dans un instant.",
    },
    "scheduled_too_soon": {
        "en": "A post can be scheduled for {minutes} minutes from now at the earliest.",
        "fr": "Une publication peut être programmée au plus tôt dans {minutes} minutes.",
    },
    "scheduled_by_nobody": {
        "en": "It was not published at its time, since its author could not sign in then.",
        "fr": "Elle n’a pas été publiée à son heure : son auteur ne pouvait plus se connecter.",
    },
    "scheduled_too_many": {
        "en": "At most {limit} posts can wait for their time. Cancel one of them.",
        "fr": "{limit} publications au plus peuvent attendre leur heure. Annulez-en une.",
    },
    "scheduled_too_many_a_day": {
        "en": "At most {limit} posts can be scheduled for one day. Choose another day.",
        "fr": "{limit} publications au plus peuvent être programmées pour un même jour. Choisissez un autre jour.",
    },
    "bad_visibility": {
        "en": "Visibility is one of {known}.",
        "fr": "La visibilité est l’une de celles-ci : {known}.",
    },
    "no_parent": {
        "en": "The post that you answer is no longer there.",
        "fr": "La publication à laquelle vous répondez n’existe plus.",
    },
    "thread_space": {
        "en": "An answer stays where its thread is. To write in another project, begin a new post there.",
        "fr": "Une réponse reste là où est son fil. Pour écrire dans un autre projet, commencez-y une publication.",
    },
    "two_projects": {
        "en": "A post belongs to one project, and this one names several: {projects}. Name one.",
        "fr": "Une publication appartient à un seul projet, et celle-ci en nomme plusieurs : {projects}. Nommez-en un.",
    },
    "inside_only": {
        "en": "You are writing for your company alone, and this names {project}. Take that out, or write it in the project.",
        "fr": "Vous écrivez pour votre entreprise seule, et ceci nomme {project}. Retirez-le, ou écrivez dans le projet.",
    },
    "ambiguous_project": {
        "en": "{handle} is the name of several of your projects. Write one of {projects}.",
        "fr": "{handle} est le nom de plusieurs de vos projets. Écrivez l’un de ceux-ci : {projects}.",
    },
    "no_shared_project": {
        "en": "You have no project in common with {people}, so nothing can be sent to them.",
        "fr": "Vous n’avez aucun projet en commun avec {people} : rien ne peut leur être envoyé.",
    },
    "several_projects": {
        "en": "You share several projects with {people}. Name one of {projects}.",
        "fr": "Vous avez plusieurs projets en commun avec {people}. Nommez l’un de ceux-ci : {projects}.",
    },
    "not_a_member": {
        "en": "You are not a member of {project}, or it is not open. Ask one of its leads to add you.",
        "fr": "Vous n’êtes pas membre de {project}, ou il n’est pas ouvert. Demandez à l’un de ses responsables de vous ajouter.",
    },
    "only_follows": {
        "en": "You follow {project}; only its members can post there. Ask one of its leads to make you one.",
        "fr": "Vous suivez {project} ; seuls ses membres peuvent y publier. Demandez à l’un de ses responsables de le devenir.",
    },
    "mentions_a_stranger": {
        "en": "Not in {project}, so not to be named there: {people}. Take that out, or have them added to the project.",
        "fr": "Hors de {project}, donc à ne pas y nommer : {people}. Retirez cela, ou faites-les ajouter au projet.",
    },
    "quote_not_allowed": {
        "en": "Its author does not want this post to be quoted. Answer or boost it instead.",
        "fr": "Son auteur ne veut pas que cette publication soit citée. Répondez-y ou partagez-la.",
    },
    "quote_space": {
        "en": "A quote stays where the quoted post is. Write it there, or quote something else.",
        "fr": "Une citation reste là où est la publication citée. Écrivez-la là-bas, ou citez autre chose.",
    },
    "bad_quote_policy": {
        "en": "Who may quote is one of {known}.",
        "fr": "Qui peut citer est l’un de ceux-ci : {known}.",
    },
    "boost_of_private": {
        "en": "This post is not for everybody in the company, so it cannot be boosted.",
        "fr": "Cette publication n’est pas pour toute l’entreprise : elle ne peut pas être partagée.",
    },
}


def cannot(rule: str, locale: str, *, field: str = "status", **names: str | int) -> CannotPublish:
    """The refusal by that rule, in the language of `locale` ("en", "fr-CA"); English where we do not speak it."""
    words = RULES[rule]
    return CannotPublish(rule, words.get(locale[:2], words["en"]).format(**names), field=field)
