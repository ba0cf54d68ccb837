"""What holds for every price whatsoever."""

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from apps.bookings.pricing import HIGHEST, LOWEST, STEP, PricingOptimizer
from apps.bookings.types import Demand, PriceRequest, Service
from apps.commission.types import FeeRates
from apps.common.money import Money

CURRENCIES = ["USD", "EUR", "JPY", "ISK", "KWD"]


@st.composite
def requests(draw: st.DrawFn) -> PriceRequest:
    currency = draw(st.sampled_from(CURRENCIES))
    today = draw(st.dates(date(2024, 1, 1), date(2035, 1, 1)))
    start = today + timedelta(days=draw(st.integers(0, 200)))
    nights = tuple(start + timedelta(days=i) for i in range(draw(st.integers(1, 40))))
    step = Money.zero(currency).step_minor  # sitters' prices can be charged as they stand
    cap = draw(st.none() | st.integers(0, 10_000))
    return PriceRequest(
        service=draw(st.sampled_from(Service)),
        nights=nights,
        today=today,
        pets=draw(st.integers(1, 6)),
        nightly=Money(draw(st.integers(1, 1_000_000)) * step, currency),
        extra_pet=Money(draw(st.integers(0, 100_000)) * step, currency),
        demand=Demand(draw(st.integers(0, 500)), draw(st.integers(0, 500))),
        holidays=dict.fromkeys(draw(st.sets(st.sampled_from(nights))), "A Holiday"),
        fees=FeeRates(
            draw(st.decimals(0, 100, places=2)),
            None if cap is None else Money(cap * step, currency),
            draw(st.decimals(0, 100, places=2)),
        ),
    )


@given(requests())
def test_lines_fees_and_totals_add_up_to_the_minor_unit(request: PriceRequest) -> None:
    price = PricingOptimizer().price(request)
    assert sum(line.amount.amount_minor for line in price.lines) == price.subtotal.amount_minor
    assert price.total == price.subtotal + price.owner_fee
    assert price.sitter_earnings + price.sitter_fee == price.subtotal
    assert [line.date for line in price.lines] == list(request.nights)


@given(requests())
def test_multipliers_stay_on_their_steps_and_within_bounds(request: PriceRequest) -> None:
    price = PricingOptimizer().price(request)
    for multiplier in (price.multiplier, *(line.multiplier for line in price.lines)):
        assert LOWEST <= multiplier <= HIGHEST
        assert multiplier % STEP == 0


@given(requests())
def test_each_night_is_within_bounds_of_its_base(request: PriceRequest) -> None:
    for line in PricingOptimizer().price(request).lines:
        base, half_a_step = line.base.amount_minor, Decimal(line.base.step_minor) / 2
        assert base * LOWEST - half_a_step <= line.amount.amount_minor
        assert line.amount.amount_minor <= base * HIGHEST + half_a_step


@given(requests())
def test_every_amount_can_be_charged(request: PriceRequest) -> None:
    price = PricingOptimizer().price(request)
    amounts = (price.total, price.owner_fee, price.sitter_fee, price.sitter_earnings)
    assert [amount.amount_minor % amount.step_minor for amount in amounts] == [0, 0, 0, 0]


@given(requests())
def test_a_holiday_changes_no_other_night(request: PriceRequest) -> None:
    without = PriceRequest(**{**vars(request), "holidays": {}})
    pairs = zip(PricingOptimizer().price(request).lines, PricingOptimizer().price(without).lines, strict=True)
    for dear, plain in pairs:
        if dear.date in request.holidays:
            assert dear.amount >= plain.amount
        else:
            assert dear == plain


@given(requests())
def test_the_owners_fee_never_passes_its_cap(request: PriceRequest) -> None:
    price = PricingOptimizer().price(request)
    assert price.owner_fee.amount_minor >= 0
    if request.fees.owner_fee_cap is not None:
        assert price.owner_fee <= request.fees.owner_fee_cap
