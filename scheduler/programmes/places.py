"""From the places an activity names to sites of a centre."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from scheduler.models import Site
from scheduler.programmes.vocabulary import PLACES


def sites_of(site_names: Iterable[str], sites: Sequence[Site]) -> list[Site]:
    """Give the sites at which an activity may be held.

    Parameters
    ----------
    site_names : iterable of str
        ``Activity.site_names``: names of sites and words with ``@``; empty for ``@inside``.
    sites : sequence of Site
        All sites of the centre. The one with the lowest id that is not outside is the main one.

    Returns
    -------
    list of Site
        In the order of ``sites``; only active ones. Names that no site has are passed over.
    """
    wanted = set(site_names) or {PLACES["inside"].token}
    inside = [s.id for s in sites if s.active and not s.is_outside]
    main = min(inside, default=None)
    return [site for site in sites if site.active and not wanted.isdisjoint(_tokens(site, main))]


def _tokens(site: Site, main: int | None) -> set[str]:
    if site.is_outside:
        return {site.name, PLACES["outside"].token}
    position = PLACES["main" if site.id == main else "outposts"].token
    return {site.name, PLACES["inside"].token, position}
