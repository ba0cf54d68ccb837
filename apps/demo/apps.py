"""The demo: installed by the development and test settings alone, never in production."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "apps.demo"
    label = "demo"
