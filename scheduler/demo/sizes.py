"""How large each demonstration centre is: who comes, who works there, and where."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from scheduler.demo import paths, places, team
from scheduler.demo.paths import Path
from scheduler.demo.places import SiteSpec
from scheduler.demo.team import StaffSpec


class DemoSize(StrEnum):
    """S, one programme and 40 people; M, a CPAS and its partners; L, a city."""

    S = "S"
    M = "M"
    L = "L"


@dataclass(frozen=True, slots=True)
class SizeSpec:
    """What a demonstration centre is made of.

    ``homes`` names, for a programme, the sites at which it is held unless its file says otherwise.
    ``groups`` is how many groups of each kind run side by side.
    """

    paths: tuple[Path, ...]
    staff: tuple[StaffSpec, ...]
    sites: tuple[SiteSpec, ...]
    laptops: int
    homes: dict[str, tuple[str, ...]]
    groups: int = 1
    neighbour: bool = False


def _people(*parts: tuple[Path, ...]) -> tuple[Path, ...]:
    return tuple(path for part in parts for path in part)


_CPAS_TEAMS = (
    *team.AMIE_TEAM,
    *team.INTERACTIEF_TEAM,
    *team.ACTIV_UP_TEAM,
    *team.MOD_ACTIONS_TEAM,
    *team.MOVE_UP_TEAM,
)
_SMALL_COUNTS = {"goal": 8, "via_1": 9, "via_2": 9, "via_3": 0, "social_integration": 8, "individual_path": 6}
_SMALL = tuple(
    replace(path, count=_SMALL_COUNTS[path.phase], tongues=path.tongues and {"ar": 1, "prs": 1})
    for path in paths.INTERACTIEF
    if _SMALL_COUNTS[path.phase]
)
_MAIN, _CANAL, _HILLS = places.MAIN.name, places.CANAL.name, places.HILLS.name
_CITY_FACTOR = 4
_CITY_CPAS = paths.scaled(
    _people(paths.AMIE, paths.INTERACTIEF, paths.ACTIV_UP, paths.MOD_ACTIONS, paths.MOVE_UP), _CITY_FACTOR
)

SIZES: dict[DemoSize, SizeSpec] = {
    DemoSize.S: SizeSpec(
        paths=_SMALL,
        staff=(*team.INTERACTIEF_TEAM, *team.INTERPRETERS[:3]),
        sites=places.SMALL_TOWN,
        laptops=0,
        homes={},
    ),
    DemoSize.M: SizeSpec(
        paths=_people(
            paths.AMIE,
            paths.INTERACTIEF,
            paths.ACTIV_UP,
            paths.MOD_ACTIONS,
            paths.MOVE_UP,
            paths.CAI,
            paths.PLAN_COMMUN,
        ),
        staff=(*_CPAS_TEAMS, *team.REGIONAL_TEAM, *team.INTERPRETERS, *team.MENTORS, *team.HOSTS),
        sites=places.TOWN,
        laptops=18,
        homes={
            "amie": (_CANAL,),
            "interactief": (_CANAL,),
            "activ_up": (_MAIN, _HILLS),
            "mod_actions": (_MAIN, _HILLS),
            "move_up": (_MAIN,),
            "cai": (_CANAL, _HILLS),
            "plan_commun": (_MAIN, _HILLS),
        },
        neighbour=True,
    ),
    DemoSize.L: SizeSpec(
        paths=_people(_CITY_CPAS, paths.scaled(paths.CAI, 5), paths.scaled(paths.PLAN_COMMUN, 5)),
        staff=tuple(
            replace(spec, times=3)
            for spec in (*_CPAS_TEAMS, *team.REGIONAL_TEAM, *team.INTERPRETERS, *team.MENTORS, *team.HOSTS)
        ),
        sites=places.CITY,
        laptops=60,
        homes={},
        groups=_CITY_FACTOR,
    ),
}
