"""The forms with which staff stops payouts and changes policies."""

from datetime import timedelta

from django import forms

from apps.accounts import selectors as accounts
from apps.common.console_actions import typed_amount
from apps.common.console_forms import ConsoleForm, reason_field
from apps.common.errors import InvalidInput
from apps.common.names import id_called
from apps.escrow.amounts import Parts
from apps.escrow.freezing import FreezeScope, FreezeTarget


class ReasonForm(ConsoleForm):
    """What every decision is asked: why."""

    reason = reason_field("Why? It stays in the record.")


class FreezeForm(ReasonForm):
    """What to freeze, and for how long."""

    scope = forms.ChoiceField(choices=FreezeScope.choices)
    booking = forms.CharField(required=False, label="Booking (reference or id)", max_length=64)
    sitter = forms.EmailField(required=False, label="Sitter's address")
    hours = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=24 * 90,
        label="Hours until it expires (empty: until it is lifted)",
    )
    field_order = ("scope", "booking", "sitter", "hours", "reason")

    def target(self) -> FreezeTarget:
        """Return what the form names. Raises: InvalidInput naming the field."""
        scope = FreezeScope(self.cleaned_data["scope"])
        if scope == FreezeScope.EVERYTHING:
            return FreezeTarget(scope)
        if scope == FreezeScope.BOOKING:
            named = self.cleaned_data["booking"].strip()
            if not named:
                raise InvalidInput.field("booking", "Name the booking.")
            return FreezeTarget(scope, booking_id=id_called("booking", named) or named)
        user = accounts.find_by_email(self.cleaned_data["sitter"])
        if user is None:
            raise InvalidInput.field("sitter", "Nobody has this address.")
        return FreezeTarget(scope, payee_user_id=user.pk)

    def expires_in(self) -> timedelta | None:
        """Return how long the freeze stands; None until it is lifted."""
        hours = self.cleaned_data["hours"]
        return timedelta(hours=hours) if hours else None


class BankRefundForm(ReasonForm):
    """What to pay by a transfer, in place of a refund that failed."""

    note = "For money that its card could not take back. A colleague looks at it before it is sent."
    booking = forms.CharField(label="Booking (reference or id)", max_length=64)
    stay = forms.CharField(required=False, label="Of the stay price, in the booking's currency", max_length=20)
    owner_fee = forms.CharField(required=False, label="Of our owner's fee", max_length=20)
    reference = forms.CharField(
        label="Reference of the transfer: what both banks show; no account number, no name", max_length=60
    )
    field_order = ("booking", "stay", "owner_fee", "reference", "reason")

    def booking_id(self) -> str:
        """Return the id of the booking that was named."""
        named: str = self.cleaned_data["booking"].strip()
        return id_called("booking", named) or named

    def parts(self, currency: str) -> Parts:
        """Return the amounts. Raises: InvalidInput naming the field."""
        amounts = {}
        for name in ("stay", "owner_fee"):
            try:
                amounts[name] = typed_amount(self.cleaned_data[name], currency)
            except ValueError as refusal:
                raise InvalidInput.field(name, str(refusal)) from None
        return Parts(**amounts)


class HoldPolicyForm(ReasonForm):
    """How long payouts wait after a stay."""

    hold_hours = forms.IntegerField(initial=24, label="Hours after a stay", min_value=24, max_value=720)
    first_stays = forms.IntegerField(
        initial=0,
        label="How many of a sitter's stays count as first (0: none)",
        min_value=0,
        max_value=50,
    )
    first_stays_hours = forms.IntegerField(
        initial=0,
        label="Hours after a first stay (0 without first stays)",
        min_value=0,
        max_value=720,
    )
    starts_in = forms.IntegerField(
        initial=0,
        label="Holds in how many hours (0: now)",
        min_value=0,
        max_value=24 * 365,
    )
    field_order = ("hold_hours", "first_stays", "first_stays_hours", "starts_in", "reason")


class FreezeLimitForm(ReasonForm):
    """From which sum a freeze takes two people."""

    currency = forms.RegexField(r"^[A-Z]{3}$", label="Currency, such as USD")
    limit_minor = forms.IntegerField(label="Limit in minor units (1000000 is 10,000.00)", min_value=0)
    field_order = ("currency", "limit_minor", "reason")
