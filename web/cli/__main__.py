"""``python -m web.cli``: the ``semainier`` command of this interpreter."""

from web.cli import main

main(prog_name="semainier")
