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
        from apps.bookings.selectors import id_of_reference, references_of
        from apps.common.names import register_namer
        from apps.escrow.listeners import register_listener

        register_namer("booking", references_of, id_of_reference)
        register_listener(BookingFollowsHold())
