"""The console's admin site."""

from unfold.sites import UnfoldAdminSite


class PetWashAdminSite(UnfoldAdminSite):
    """The one admin site; entry needs a staff account and a verified second factor."""
