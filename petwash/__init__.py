"""PetWash: the project package. It assembles the apps; nobody imports it."""

from petwash.celery import app as celery_app

__all__ = ["celery_app"]
