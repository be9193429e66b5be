"""Small sites around other packages, each run in an environment of its own: nothing here imports `django_convo`."""
