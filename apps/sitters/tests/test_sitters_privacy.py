"""A sitter can take their data along, and be forgotten once nothing is open."""

from datetime import timedelta

import pytest
from django.db import transaction

from apps.common import privacy
from apps.common.clock import business_now
from apps.sitters import services as sitters
from apps.sitters.models import SitterProfile, VettingCase
from apps.sitters.tests.conftest import SUBMIT, application
from apps.sitters.tests.factories import ClearedSitterFactory

pytestmark = pytest.mark.django_db


def test_export_tells_profile_prices_and_cases(sitter_user, vet):
    case = vet(sitter_user)
    exported = privacy.export_all(sitter_user)["sitters"]
    assert exported["profile"]["vetting_status"] == "cleared"
    assert exported["clearance_date"] == case.decided_at.date().isoformat()
    [told] = exported["vetting_cases"]
    assert (told["id"], told["checks"]) == (str(case.public_id), {"identity": "clear", "criminal_history": "clear"})


def test_export_of_somebody_who_never_sat(owner):
    assert privacy.export_all(owner)["sitters"] == {}


def test_an_open_case_and_booked_nights_stand_in_the_way(api, sandbox):
    sitter = ClearedSitterFactory.create()
    night = business_now().date() + timedelta(days=3)
    with transaction.atomic():
        sitters.reserve_nights(sitter_id=sitter.pk, service="boarding", nights=[night], pets=1, booking="b")
    assert any("booked nights" in reason for reason in privacy.blocks_all(sitter.user))
    with transaction.atomic():
        sitters.free_nights(booking="b")
    assert privacy.blocks_all(sitter.user) == []


def test_an_open_case_stands_in_the_way(api, sitter_user, sandbox):
    api(sitter_user).post(SUBMIT, application())
    assert any("vetting case" in reason for reason in privacy.blocks_all(sitter_user))


def test_erase_empties_the_profile_and_keeps_the_proof(sitter_user, vet):
    vet(sitter_user)
    sitters.save_profile(sitter_user, display_name="Simon", bio="Two gardens.")
    privacy.erase_all(sitter_user)
    profile = SitterProfile.objects.get()
    assert (profile.display_name, profile.bio, profile.lat, profile.listed) == ("", "", None, False)
    assert VettingCase.objects.get().status == "cleared"
