"""Flask extensions, bound to an application by ``create_app``."""

from pathlib import Path

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

import notifications.models  # noqa: F401  (registers its tables on the metadata)
import scheduler.models  # noqa: F401  (registers every table on the metadata)
from scheduler.db import Base

db = SQLAlchemy(metadata=Base.metadata)
migrate = Migrate(directory=str(Path(__file__).resolve().parent.parent / "migrations"))
login_manager = LoginManager()
csrf = CSRFProtect()
limiter = Limiter(get_remote_address)
