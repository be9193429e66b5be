"""The site as gunicorn serves it."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

if os.environ.get("CONVO_BENCHMARK_PORTABLE"):
    # As on a database that does not know the statement.
    from django_convo.actions.messages import at_once

    at_once._without.add("default")
