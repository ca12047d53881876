"""Entry point for WSGI servers: ``gunicorn wsgi:app``."""

import gc

from web import create_app

app = create_app()

# What lives as long as the process is most of its memory: walking through it for garbage again and again
# took half the time of the pages that read a whole plan.
gc.freeze()
# What a request makes, by the hundred thousand, nearly all goes without a search: it is worth fewer of them.
gc.set_threshold(50_000)
