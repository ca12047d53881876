"""The reasons for absence that a new centre starts from; each centre changes its own."""

from __future__ import annotations

from sqlalchemy.orm import Session

from scheduler.models import AbsenceReason

#: Key, French name, whether it excuses, whether it asks for a certificate.
DEFAULTS = (
    ("ill", "Maladie", True, True),
    ("child", "Enfant malade ou garde d'enfant", True, False),
    ("appointment", "Rendez-vous officiel", True, True),
    ("course", "Cours de langue", True, False),
    ("work", "Travail ou essai", True, False),
    ("family", "Événement familial", True, False),
    ("other", "Autre raison", False, False),
)


def install_reasons(session: Session, centre_id: int) -> None:
    """Give a new centre the usual reasons."""
    session.add_all(
        AbsenceReason(
            centre_id=centre_id,
            key=key,
            name=name,
            excused=excused,
            needs_certificate=certificate,
            position=position,
        )
        for position, (key, name, excused, certificate) in enumerate(DEFAULTS)
    )
