"""What bookings export, block and erase of a person."""

from apps.bookings import services
from apps.bookings.models import NoShowReport, Quote
from apps.bookings.tests.answers import key
from apps.bookings.tests.factories import make_quote
from apps.bookings.tests.instants import go_to, review_due
from apps.common import privacy


def test_an_open_booking_stands_in_the_way_of_leaving(paid, owner, sitter_user, stranger):
    sentence = "1 of your bookings or their payments are not finished yet."
    assert sentence in privacy.blocks_all(owner)
    assert sentence in privacy.blocks_all(sitter_user)
    assert sentence not in privacy.blocks_all(stranger)


def test_a_finished_one_does_not(api, paid, owner, sitter_user):
    api(sitter_user).post(f"/api/v1/bookings/{paid.public_id}/decline", headers=key())
    assert privacy.blocks_all(owner) == []


def test_both_sides_get_their_bookings(paid, owner, sitter_user):
    mine = privacy.export_all(owner)["bookings"]["bookings"]
    theirs = privacy.export_all(sitter_user)["bookings"]["bookings"]
    assert [(row["reference"], row["as"]) for row in mine] == [(paid.reference, "owner")]
    assert [(row["reference"], row["as"]) for row in theirs] == [(paid.reference, "sitter")]


def test_erasing_empties_what_the_owner_wrote_and_keeps_the_books(booking, owner, sitter):
    booking.message = "The key is under the mat."
    booking.save()
    make_quote(owner, sitter, start=5)
    privacy.erase_all(owner)
    booking.refresh_from_db()
    assert booking.message == ""
    assert list(Quote.objects.all()) == [booking.quote]


def test_a_booking_of_the_past_is_not_open(booking, owner):
    from apps.common.clock import advance_business_clock

    advance_business_clock(3600)
    services.expire_overdue()
    assert privacy.blocks_all(owner) == []


def test_what_was_said_in_a_review_is_exported_and_its_note_erased(accepted, owner):
    go_to(review_due(accepted))
    services.report_no_show(
        actor=owner, booking_id=str(accepted.public_id), who="sitter_absent", note="Nobody at 12 Elm Street."
    )
    (row,) = privacy.export_all(owner)["bookings"]["no_show_reports"]
    assert (row["booking"], row["who"], row["note"]) == (
        accepted.reference, "sitter_absent", "Nobody at 12 Elm Street.",
    )  # fmt: skip
    privacy.erase_all(owner)
    report = NoShowReport.objects.get()
    assert (report.who, report.note) == ("sitter_absent", "")
