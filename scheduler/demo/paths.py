"""Who is in which programme, and what their weeks look like, in groups of similar people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from scheduler.demo.schools import FRI, MON, THU, TUE, WED, Half

#: Language levels that a group of people has, with their shares (indices into ``solver.problem.LEVELS``).
Levels = Mapping[int, float]

BEGINNERS: Levels = {0: 40, 1: 60}
ADVANCED: Levels = {2: 55, 3: 45}
MIXED: Levels = {0: 22, 1: 33, 2: 26, 3: 14, 4: 5}

MORNINGS = frozenset((weekday, "am") for weekday in range(5))
AFTERNOONS = frozenset((weekday, "pm") for weekday in range(5))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Path:
    """A number of people in one phase of a programme.

    ``keep_free`` gives sets of half-days that neither a course nor work may take, each with its
    share of the people: without one of them a programme would be out of their reach.
    ``hours`` bounds the weekly hours of French; ``None``: the course has ended.
    ``school_run``, ``work``, ``children`` and ``clash`` are shares: who brings children to school,
    works part time, comes with children for want of child care, and has a course on a half-day
    that should be free. ``tongues`` replaces the usual languages, ``cohort`` closes the group.
    ``weeks`` is how long they have been in it, from and to; ``written_most`` caps the written level.
    """

    programme: str
    phase: str
    count: int
    levels: Levels = field(default_factory=lambda: MIXED)
    keep_free: Mapping[frozenset[Half], float] = field(default_factory=lambda: {frozenset(): 1})
    hours: tuple[float, float] | None = (6, 20)
    school_run: float = 0.0
    work: float = 0.0
    children: float = 0.0
    clash: float = 0.0
    non_eu: float = 1.0
    tongues: Mapping[str, float] | None = None
    cohort: str | None = None
    projects: Mapping[str | None, float] = field(default_factory=lambda: {None: 1})
    interests: Mapping[tuple[str, ...], float] = field(default_factory=lambda: {(): 1})
    weeks: tuple[int, int] = (1, 8)
    written_most: int = 6


def _halves(part: str, *weekdays: int) -> frozenset[Half]:
    return frozenset((weekday, part) for weekday in weekdays)


_WED_OR_FRI: Mapping[frozenset[Half], float] = {
    _halves("pm", WED, FRI): 66,
    _halves("pm", WED): 17,
    _halves("pm", FRI): 17,
}
_GOAL_DAY = {_halves("am", TUE) | _halves("pm", TUE): 1.0}
_FRIDAY = {_halves("am", FRI) | _halves("pm", FRI): 1.0}
_ONE_INFORMATION = {
    _halves("am", TUE) | _halves("pm", WED): 1.0,
    _halves("am", THU) | _halves("pm", TUE): 1.0,
}
_ONE_AFTERNOON = {_halves("pm", TUE) | _halves("am", WED): 1.0, _halves("pm", THU) | _halves("am", FRI): 1.0}

AMIE = (
    Path(programme="amie", phase="intake", count=2, weeks=(0, 1)),
    Path(
        programme="amie",
        phase="launch",
        count=6,
        keep_free=_WED_OR_FRI,
        school_run=0.33,
        work=0.17,
        weeks=(1, 3),
    ),
    Path(
        programme="amie",
        phase="middle",
        count=14,
        keep_free=_WED_OR_FRI,
        school_run=0.29,
        work=0.14,
        weeks=(5, 15),
    ),
    Path(
        programme="amie",
        phase="final",
        count=8,
        keep_free=_WED_OR_FRI,
        school_run=0.25,
        work=0.12,
        weeks=(19, 24),
    ),
)

INTERACTIEF = (
    Path(
        programme="interactief",
        phase="goal",
        count=12,
        levels={0: 60, 1: 40},
        keep_free=_GOAL_DAY,
        hours=(6, 9),
        children=0.17,
        tongues={"ar": 6, "prs": 4, "ti": 2},
        weeks=(0, 1),
    ),
    Path(
        programme="interactief",
        phase="via_1",
        count=10,
        levels={0: 50, 1: 50},
        cohort="VIA A",
        hours=(6, 12),
        keep_free={MORNINGS: 1},
        school_run=0.6,
        work=0.2,
        non_eu=0.6,
        clash=0.1,
        weeks=(2, 2),
    ),
    Path(
        programme="interactief",
        phase="via_2",
        count=9,
        levels={1: 60, 2: 40},
        cohort="VIA B",
        hours=(6, 20),
        keep_free={AFTERNOONS: 1},
        work=0.33,
        non_eu=0.6,
        weeks=(5, 5),
    ),
    Path(
        programme="interactief",
        phase="via_3",
        count=8,
        levels={1: 60, 2: 40},
        cohort="VIA C",
        hours=(6, 12),
        keep_free={MORNINGS: 1},
        school_run=0.62,
        work=0.12,
        non_eu=0.6,
        weeks=(8, 8),
    ),
    Path(
        programme="interactief",
        phase="social_integration",
        count=8,
        levels={0: 70, 1: 30},
        keep_free=_FRIDAY,
        hours=(6, 12),
        work=0.12,
        children=0.25,
        clash=0.12,
        non_eu=0.5,
        weeks=(3, 20),
        written_most=1,
    ),
    Path(
        programme="interactief",
        phase="individual_path",
        count=5,
        levels=ADVANCED,
        school_run=0.8,
        work=0.2,
        non_eu=0.6,
        weeks=(6, 26),
    ),
)

_ALL_DAY_PROJECTS: Mapping[str | None, float] = {
    "driving_licence": 30,
    "volunteering": 30,
    "volunteering_host": 20,
    "employment": 20,
}
_WORKSHOPS: Mapping[tuple[str, ...], float] = {
    (): 40,
    ("workshop_computing",): 15,
    ("workshop_making",): 15,
    ("workshop_sport",): 12,
    ("workshop_image",): 10,
    ("sensitive_information",): 8,
}

ACTIV_UP = (
    Path(
        programme="activ_up",
        phase="start",
        count=13,
        keep_free=_ONE_INFORMATION,
        hours=(6, 12),
        school_run=0.23,
        work=0.23,
        interests=_WORKSHOPS,
        weeks=(1, 6),
    ),
    Path(
        programme="activ_up",
        phase="middle",
        count=11,
        keep_free=_ONE_AFTERNOON,
        hours=(6, 12),
        school_run=0.18,
        work=0.27,
        interests=_WORKSHOPS,
        projects={None: 70, "volunteering": 30},
        weeks=(8, 14),
    ),
    Path(
        programme="activ_up",
        phase="project",
        count=9,
        levels={1: 40, 2: 40, 3: 20},
        keep_free=_ONE_AFTERNOON,
        hours=(6, 9),
        school_run=0.11,
        work=0.22,
        interests=_WORKSHOPS,
        projects=_ALL_DAY_PROJECTS,
        weeks=(17, 22),
    ),
    Path(programme="activ_up", phase="intensive", count=5, levels={2: 40, 3: 60}, hours=None, weeks=(0, 1)),
    Path(
        programme="activ_up",
        phase="modules",
        count=8,
        levels={2: 50, 3: 50},
        hours=(6, 9),
        keep_free={MORNINGS: 1},
        school_run=0.75,
        work=0.12,
        projects={"employment": 60, "training": 40},
        weeks=(2, 8),
    ),
)

#: Beginners come in the morning and advanced people in the afternoon: each workshop suits one of them.
_ART: Mapping[tuple[str, ...], float] = {("art",): 55, (): 45}
_COMPUTING: Mapping[tuple[str, ...], float] = {
    ("computing",): 60,
    ("project",): 10,
    ("computing", "project"): 20,
    (): 10,
}

MOD_ACTIONS = (
    Path(programme="mod_actions", phase="information", count=3, weeks=(0, 1)),
    Path(
        programme="mod_actions",
        phase="orientation",
        count=8,
        school_run=0.62,
        work=0.25,
        children=0.12,
        weeks=(1, 5),
    ),
    Path(
        programme="mod_actions",
        phase="trial",
        count=3,
        levels=BEGINNERS,
        keep_free={MORNINGS: 1},
        hours=(6, 9),
        weeks=(0, 0),
    ),
    Path(
        programme="mod_actions",
        phase="groups",
        count=13,
        levels=BEGINNERS,
        keep_free={MORNINGS: 1},
        hours=(6, 9),
        school_run=0.77,
        work=0.23,
        clash=0.08,
        interests=_ART,
        weeks=(4, 40),
    ),
    Path(
        programme="mod_actions",
        phase="groups",
        count=12,
        levels=ADVANCED,
        keep_free={AFTERNOONS: 1},
        hours=(6, 12),
        school_run=0.0,
        work=0.23,
        clash=0.08,
        interests=_COMPUTING,
        weeks=(4, 40),
    ),
    Path(
        programme="mod_actions",
        phase="closing",
        count=4,
        levels=ADVANCED,
        school_run=0.75,
        work=0.25,
        weeks=(40, 48),
    ),
)

_TWO_COURSES_1 = {MORNINGS | _halves("pm", MON, WED, FRI): 65, MORNINGS | _halves("pm", TUE, THU, FRI): 35}
_TWO_COURSES_2 = {MORNINGS | _halves("pm", TUE, THU, FRI): 65, MORNINGS | _halves("pm", MON, WED, FRI): 35}

MOVE_UP = (
    Path(programme="move_up", phase="entry", count=2, hours=(6, 9), weeks=(0, 1)),
    Path(
        programme="move_up",
        phase="activities",
        count=13,
        levels=BEGINNERS,
        keep_free=_TWO_COURSES_1,
        hours=(6, 6),
        school_run=0.08,
        cohort="Groupe 1",
        weeks=(2, 20),
    ),
    Path(
        programme="move_up",
        phase="activities",
        count=12,
        levels=ADVANCED,
        keep_free=_TWO_COURSES_2,
        hours=(6, 6),
        cohort="Groupe 2",
        weeks=(2, 20),
    ),
    Path(programme="move_up", phase="final", count=2, levels=ADVANCED, hours=(6, 9), weeks=(24, 30)),
)

_ONE_DAY_AND_A_MORNING = {
    _halves("am", weekday, WED) | _halves("pm", weekday): 1.0 for weekday in (MON, TUE, FRI)
}

CAI = (
    Path(
        programme="cai",
        phase="welcome",
        count=8,
        levels={0: 70, 1: 30},
        hours=(6, 12),
        school_run=0.37,
        children=0.12,
        tongues={"ar": 3, "ti": 2, "uk": 2, "so": 1},
        weeks=(0, 2),
    ),
    Path(
        programme="cai",
        phase="path",
        count=11,
        levels={1: 50, 2: 50},
        keep_free=_ONE_DAY_AND_A_MORNING,
        school_run=0.55,
        work=0.27,
        hours=(6, 12),
        interests={(): 70, ("digital_module",): 30},
        weeks=(3, 30),
    ),
    Path(
        programme="cai",
        phase="job",
        count=9,
        levels={2: 40, 3: 60},
        school_run=0.55,
        work=0.22,
        hours=(6, 12),
        projects={None: 40, "employment": 60},
        interests={(): 60, ("digital_module",): 40},
        weeks=(6, 40),
    ),
)

PLAN_COMMUN = (
    Path(programme="plan_commun", phase="inform", count=3, school_run=0.33, weeks=(0, 2)),
    Path(programme="plan_commun", phase="orient", count=3, school_run=0.33, work=0.33, weeks=(0, 2)),
    Path(
        programme="plan_commun",
        phase="accompany",
        count=8,
        school_run=0.63,
        work=0.25,
        children=0.12,
        weeks=(4, 40),
    ),
)


def scaled(paths: tuple[Path, ...], factor: int) -> tuple[Path, ...]:
    """Return paths with ``factor`` times as many people; closed groups are repeated instead.

    A training in one run has room for one group only and keeps its size.
    """
    grown = []
    for path in paths:
        if path.cohort is not None:
            grown += [replace(path, cohort=f"{path.cohort}{number}") for number in range(1, factor + 1)]
        elif path.hours is None:
            grown.append(path)
        else:
            grown.append(replace(path, count=path.count * factor))
    return tuple(grown)
