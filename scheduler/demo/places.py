"""Sites, rooms, equipment and ways between them, in an invented town and its surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

from sqlalchemy.orm import Session

from scheduler.models import Centre, EquipmentPool, Room, Site, TravelTime

#: Invented municipalities; the first is the centre's own.
MUNICIPALITIES = (
    "Valombre",
    "Rochebelle",
    "Saint-Aubry",
    "Grandchamp-sur-Orle",
    "Les Fontenelles",
    "Bois-Renard",
    "Montclair-le-Vieux",
    "Pré-Sainte-Anne",
)


@dataclass(frozen=True, slots=True)
class RoomSpec:
    """A room to be made."""

    name: str
    seats: int
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteSpec:
    """A site to be made; ``minutes`` is the way from the main site."""

    name: str
    address: str
    municipality: str
    transport: str
    minutes: int
    rooms: tuple[RoomSpec, ...]


_OFFICE = ("quiet", "accessible")

MAIN = SiteSpec(
    "Maison du Pont",
    "Quai des Tilleuls 1 (adresse inventée)",
    MUNICIPALITIES[0],
    "Bus 1 et 4, arrêt Pont-Neuf",
    0,
    (
        RoomSpec("Grande salle", 30, ("projector", "accessible", "gym")),
        RoomSpec("Salle 2", 16, ("projector", "quiet", "accessible")),
        RoomSpec("Salle 3", 16, ("projector",)),
        RoomSpec("Atelier", 14, ("workshop", "kitchen")),
        RoomSpec("Bureau 1", 4, _OFFICE),
        RoomSpec("Bureau 2", 4, _OFFICE),
    ),
)
CANAL = SiteSpec(
    "Antenne du Canal",
    "Rue des Écluses 12 (adresse inventée)",
    MUNICIPALITIES[0],
    "Bus 4, arrêt Écluses",
    15,
    (
        RoomSpec("Salle A", 20, ("projector", "quiet", "children_corner", "accessible")),
        RoomSpec("Salle B", 14, ("projector", "children_corner")),
        RoomSpec("Bureau 3", 4, _OFFICE),
    ),
)
HILLS = SiteSpec(
    "Antenne des Collines",
    "Place du Lavoir 3 (adresse inventée)",
    MUNICIPALITIES[1],
    "Train et bus 7, arrêt Lavoir",
    30,
    (
        RoomSpec("Salle des Collines", 16, ("projector", "kitchen", "accessible")),
        RoomSpec("Salle du Lavoir", 14, ("projector",)),
        RoomSpec("Bureau 4", 4, _OFFICE),
    ),
)


def _outpost(number: int, name: str) -> SiteSpec:
    return SiteSpec(
        f"Antenne {name}",
        f"Rue de l'Exemple {number} (adresse inventée)",
        MUNICIPALITIES[number % len(MUNICIPALITIES)],
        f"Bus {number}, arrêt {name}",
        15 + 15 * (number % 2),
        (
            RoomSpec(
                f"Grande salle {number}", 24, ("projector", "quiet", "accessible", "gym", "children_corner")
            ),
            RoomSpec(f"Salle bleue {number}", 16, ("projector", "quiet")),
            RoomSpec(f"Salle verte {number}", 16, ("projector",)),
            RoomSpec(f"Atelier {number}", 14, ("workshop", "kitchen")),
            RoomSpec(f"Petit bureau {number}", 4, _OFFICE),
        ),
    )


SMALL_TOWN = (
    SiteSpec(
        MAIN.name,
        MAIN.address,
        MAIN.municipality,
        MAIN.transport,
        0,
        (
            RoomSpec("Grande salle", 20, ("projector", "accessible", "quiet", "children_corner")),
            RoomSpec("Salle 2", 14, ("projector", "quiet")),
            RoomSpec("Bureau 1", 4, _OFFICE),
            RoomSpec("Bureau 2", 4, _OFFICE),
        ),
    ),
)
TOWN = (MAIN, CANAL, HILLS)
CITY = (
    *TOWN,
    *(
        _outpost(number, name)
        for number, name in enumerate(("de la Gare", "du Parc", "des Usines", "du Moulin", "du Port"), 4)
    ),
)


def add_places(
    session: Session, centre: Centre, sites: tuple[SiteSpec, ...], equipment: dict[str, tuple[str, int]]
) -> list[Site]:
    """Make a centre's own sites with their rooms, the ways between them, and its equipment.

    Parameters
    ----------
    sites : tuple of SiteSpec
        The first becomes the main site.
    equipment : dict
        Name and number of units by key.
    """
    rows = []
    for spec in sites:
        site = Site(
            centre_id=centre.id,
            name=spec.name,
            address=spec.address,
            municipality=spec.municipality,
            transport=spec.transport,
        )
        site.rooms = [
            Room(centre_id=centre.id, name=room.name, seats=room.seats, features=list(room.features))
            for room in spec.rooms
        ]
        session.add(site)
        session.flush()  # the main site is the one with the lowest id
        rows.append(site)
    session.add_all(
        EquipmentPool(centre_id=centre.id, key=key, name=name, units=units)
        for key, (name, units) in equipment.items()
    )
    for (a, row_a), (b, row_b) in combinations(zip(sites, rows, strict=True), 2):
        minutes = max(a.minutes, b.minutes, 15)
        session.add(TravelTime(centre_id=centre.id, site_a_id=row_a.id, site_b_id=row_b.id, minutes=minutes))
    return rows
