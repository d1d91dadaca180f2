"""Posts: writing that has been published, its bylines and tags, and the addresses it is found under."""

from flask import Flask

CLOSING_SECONDS = 60


def init_app(app: Flask) -> None:
    """Add the reading pages; views look at later slices, so they are met only here."""
    from blueprints.core import chores
    from blueprints.core.http import site_url
    from blueprints.posts import addresses, card, citation, closing, reads, schedule, states, views

    for named in (
        addresses.post_url,
        addresses.error_url,
        addresses.author_url,
        addresses.portrait_url,
        addresses.tag_url,
        addresses.cite_url,
        addresses.series_url,
    ):
        app.jinja_env.globals[named.__name__] = named
    app.jinja_env.globals["stage_labels"] = states.LABELS
    chores.each(app, schedule.SECONDS_TO_LOOK, schedule.look)
    chores.each(app, reads.FLUSH_SECONDS, reads.flush, ends=True)
    app.jinja_env.globals["structured"] = lambda post, site, comments: card.structured(post, site, comments, site_url())
    app.jinja_env.globals.update(citation_of=views.citation_of, citation_tags=citation.tags)
    app.jinja_env.globals["whole_url"] = lambda address: card.whole(address, site_url())
    app.register_blueprint(views.bp)
    chores.each(app, CLOSING_SECONDS, closing.close_what_is_due)
