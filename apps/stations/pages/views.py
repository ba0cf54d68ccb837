"""The page behind a bay's printed code: choose, pay, watch the clock, stop, keep the receipt.

Every answer is a whole page, so that all of it works without JavaScript; the script fetches the same pages
and puts their parts in place. A GET changes nothing but the phone's own cookie.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from apps.common.api.client_address import client_address
from apps.common.errors import DomainError, PaymentRefused
from apps.common.seats import needs_seat
from apps.stations import selectors
from apps.stations.bay_codes import long_id, short_id
from apps.stations.models import Bay, Wash
from apps.stations.pages import cookies, policy, scene, words
from apps.stations.pages.cookies import Purchase
from apps.stations.pages.words import Notice
from apps.stations.services import customer, moving, top_ups
from apps.stations.services.manager import PetWashStationManager
from apps.stations.services.top_ups import TopUpOrder
from apps.stations.states import OPEN_WASH, WashStatus
from apps.stations.tokens import bay_token_matches, hash_purchase, make_wash_token

LONGEST_TOKEN = 200
manager = PetWashStationManager()


@method_decorator(never_cache, name="dispatch")
class AtBay(View):
    """What the page's addresses share: the bay, its printed token, and the customer's purchase."""

    bay: Bay
    token: str
    purchase: Purchase
    is_new: bool

    def dispatch(self, request: HttpRequest, *args: Any, bay: str, **kwargs: Any) -> Any:
        """Find the bay, or say kindly that the code is none."""
        bay_id = long_id(bay)
        found = selectors.bay_of(bay_id) if bay_id else None
        if found is None:
            return policy.protect(render(request, "wash/no_code.html", status=404), request)
        self.bay, self.token = found, request.GET.get("k", "")[:LONGEST_TOKEN]
        self.root, kept = f"/w/{bay}", cookies.read(request)
        self.purchase, self.is_new = kept or Purchase.begin(), kept is None
        response = super().dispatch(request, *args, **kwargs)
        return policy.protect(response, request)

    @property
    def here(self) -> str:
        """The page's own address, with the printed token as it was scanned."""
        return f"{self.root}?k={self.token}" if self.token_is_valid else self.root

    @property
    def token_is_valid(self) -> bool:
        """Whether the scanned code is the one that hangs at the bay now."""
        bay = self.bay
        return bay_token_matches(self.token, settings.BAY_TOKEN_KEY, str(bay.public_id), bay.token_version)

    def own_wash(self) -> Wash | None:
        """Return what this phone bought here."""
        return None if self.is_new else selectors.wash_of_purchase(self.bay, self.purchase.key)

    def interrupted_elsewhere(self, request: HttpRequest) -> tuple[Bay, Wash, str] | None:
        """Return the bay, the wash and the key of what this phone may go on with here, after a fault there."""
        kept = cookies.read_moving(request) if self.token_is_valid else None
        bay_id = long_id(kept[0]) if kept else None
        broken = selectors.bay_of(bay_id) if bay_id else None
        if kept is None or broken is None or broken.station_id != self.bay.station_id or broken.pk == self.bay.pk:
            return None
        wash = selectors.wash_of_purchase(broken, kept[1])
        if wash is None or wash.status != WashStatus.INTERRUPTED:
            return None
        return (broken, wash, kept[1]) if self.bay in moving.offered(wash) else None

    def wash_token(self, wash: Wash, bay: Bay | None = None, key: str = "") -> str:
        """Return the token of one's own wash, as the purchase's answer had it."""
        purchase = hash_purchase(str((bay or self.bay).public_id), key or self.purchase.key)
        return make_wash_token(settings.BAY_TOKEN_KEY, str(wash.public_id), purchase)

    def show(self, request: HttpRequest, notice: Notice | None = None, status: int = 200) -> HttpResponse:
        """Answer the page as it is now."""
        elsewhere = self.interrupted_elsewhere(request)
        if elsewhere is not None:
            return self._page(request, scene.move_here(elsewhere[1], self.bay, notice), status)
        wash = self.own_wash()
        if wash is not None and wash.status == WashStatus.CANCELLED and wash.paid_at is None:
            # No money moved: the next try needs a key of its own, and the page still says why.
            self.purchase, wash = Purchase.begin(before=self.purchase.key), None
        if wash is not None:
            return self._page(request, scene.wash(wash, notice), status)
        if self.bay.station.revoked_at is not None or not self.token_is_valid:
            return self._old_code(request)
        return self._page(request, scene.shop(self.bay, notice or self._last_time()), status)

    def _last_time(self) -> Notice | None:
        before = self.purchase.before
        last = selectors.wash_of_purchase(self.bay, before) if before else None
        return scene.why_unpaid(last) if last is not None else None

    def _page(self, request: HttpRequest, shown: scene.Scene, status: int) -> HttpResponse:
        context = {
            **shown.facts,
            "scene": shown,
            "bay": self.bay,
            "here": self.here,
            "root": self.root,
            "query": f"?k={self.token}" if self.token_is_valid else "",
            "stripe_key": settings.STRIPE_PUBLISHABLE_KEY,
            "template": f"wash/{shown.stage}.html",
        }
        response = render(request, "wash/page.html", context, status=status)
        cookies.keep(response, self.purchase, path=self.root, secure=request.is_secure())
        if shown.stage == "interrupted":
            cookies.keep_moving(response, self.root.removeprefix("/w/"), self.purchase, secure=request.is_secure())
        return response

    def _old_code(self, request: HttpRequest) -> HttpResponse:
        return render(request, "wash/no_code.html", {"bay": self.bay}, status=410)

    def go_home(self) -> HttpResponse:
        """Answer a change with the page's own address: a reload then repeats nothing."""
        return HttpResponseRedirect(self.here, status=303)

    def refused(self, request: HttpRequest, error: DomainError) -> HttpResponse:
        """Say why, on the page as it is now."""
        return self.show(request, words.refusal(error.code, error.message), error.status)


class BayPage(AtBay):
    """/w/{bay}?k={token}: where the printed code leads."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show what there is: the programs, the customer's own wash, or that the code is old."""
        return self.show(request)


class Buy(AtBay):
    """Buy a wash; a double tap, a reload and a lost answer come to the same wash and one charge."""

    @needs_seat
    def post(self, request: HttpRequest) -> HttpResponse:
        """Pay under the phone's own key, then show the wash."""
        if self.is_new:
            notice = Notice(
                "Your browser does not keep what it needs to find your wash again.",
                "Nothing was charged. Allow cookies for this page, then try again.",
            )
            return self.show(request, notice, 400)
        program, method = request.POST.get("program", ""), request.POST.get("payment_method", "")
        if self.own_wash() is None and not (0 < len(program) <= 63 and 0 < len(method) <= 255):
            return self.show(request, words.refusal("validation_error"), 400)
        try:
            manager.handle_walk_in_payment(
                bay_id=str(self.bay.public_id),
                bay_token=self.token,
                program=program,
                payment_method=method,
                key=self.purchase.key,
                address=client_address(request),
                presence_code=request.POST.get("presence_code", "")[:4],
            )
        except DomainError as error:
            if self.own_wash() is None:
                return self.refused(request, error)
            # Declined: the page says why. Or the other tap of two was quicker: its wash is this one's.
        return self.go_home()


class More(AtBay):
    """Add seconds to one's own wash; the form names the total that the customer sees."""

    @needs_seat
    def post(self, request: HttpRequest) -> HttpResponse:
        """Pay under a key that follows from the phone's own, the total and the tries so far."""
        wash = self.own_wash()
        if wash is None:
            return self.go_home()
        total, add, tries = (_number(request.POST.get(name, "")) for name in ("total", "add_seconds", "tries"))
        method = request.POST.get("payment_method", "")
        if total is None or add is None or tries is None or not 0 < len(method) <= 255:
            return self.show(request, words.refusal("validation_error"), 400)
        try:
            top_ups.top_up(
                wash_id=str(wash.public_id),
                wash_token=self.wash_token(wash),
                order=TopUpOrder(total, add, method),
                key=f"{self.purchase.key}:{total}:{tries}",
                address=client_address(request),
            )
        except PaymentRefused:
            return self.go_home()  # the page says why
        except DomainError as error:
            return self.refused(request, error)
        return self.go_home()


class NoMore(AtBay):
    """Give an addition up that the bank still asks about."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Cancel its payment; the wash goes on, and the page says what came of it. A repeat changes nothing."""
        wash = self.own_wash()
        if wash is None:
            return self.go_home()
        try:
            top_ups.give_up(wash_id=str(wash.public_id), wash_token=self.wash_token(wash))
        except DomainError as error:
            return self.refused(request, error)
        return self.go_home()


class Stop(AtBay):
    """End one's own wash early, or give the payment up."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Tell the station; the page shows what came of it. A repeat changes nothing."""
        wash = self.own_wash()
        if wash is None:
            return self.go_home()
        try:
            customer.stop_wash(wash_id=str(wash.public_id), wash_token=self.wash_token(wash))
        except DomainError as error:
            return self.refused(request, error)
        return self.go_home()


class Resume(AtBay):
    """Go on after a pause."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Ask the bay; the page follows the bay's own word. A repeat changes nothing."""
        wash = self.own_wash()
        if wash is None:
            return self.go_home()
        try:
            customer.resume_wash(wash_id=str(wash.public_id), wash_token=self.wash_token(wash))
        except DomainError as error:
            return self.refused(request, error)
        return self.go_home()


class Move(AtBay):
    """Go on here with a wash that a fault interrupted at another bay of the station."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Move the rest; the page of the first bay goes on showing the wash."""
        found = self.interrupted_elsewhere(request)
        if found is None:
            return self.go_home()
        broken, wash, key = found
        try:
            moving.move(
                wash_id=str(wash.public_id),
                wash_token=self.wash_token(wash, broken, key),
                bay_id=str(self.bay.public_id),
                bay_token=self.token,
                presence_code=request.POST.get("presence_code", "")[:4],
                address=client_address(request),
            )
        except DomainError as error:
            return self.refused(request, error)
        return HttpResponseRedirect(f"/w/{short_id(str(broken.public_id))}", status=303)


class Again(AtBay):
    """Put the receipt away and begin anew."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Forget an ended wash; one that is open stays the phone's."""
        wash = self.own_wash()
        response = self.go_home()
        if wash is not None and wash.status not in OPEN_WASH:
            cookies.keep(response, Purchase.begin(), path=self.root, secure=request.is_secure())
        return response


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else None
