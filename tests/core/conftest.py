"""Hypothesis: no timed assertions; the same examples each time where CI runs."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("learngrad", deadline=None, max_examples=100,
                          suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("learngrad"), derandomize=True)
settings.load_profile("ci" if os.environ.get("LEARNGRAD_CI") == "1" else "learngrad")
