"""The bookings app."""

from django.apps import AppConfig


class BookingsConfig(AppConfig):
    """Quotes and bookings of stays."""

    name = "apps.bookings"
    label = "bookings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let bookings follow their holds."""
        from apps.bookings.following import BookingFollowsHold
        from apps.escrow.listeners import register_listener

        register_listener(BookingFollowsHold())
