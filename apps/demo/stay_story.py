"""One stay, from the registration to the payout, told step by step."""

from typing import Any
from uuid import uuid4

from apps.common.money import Money
from apps.demo import people, sitting
from apps.demo.books import Books
from apps.demo.client import Client, expect
from apps.demo.mailbox import Mailbox
from apps.demo.narrator import Narrator
from apps.demo.people import Person

PHONE = "4 1 5 - five five five - 0 1 9 9"
DAY_SECONDS = 24 * 3600


class StayStory:
    """The cast and the booking of one told stay."""

    def __init__(self, base: Client, mailbox: Mailbox, narrator: Narrator, books: Books) -> None:
        self.base, self.mailbox, self.tell, self.books = base, mailbox, narrator.step, books
        self.mark = uuid4().hex[:8]

    def play(self) -> None:
        """Tell the whole story. Raises: StepFailed at the first step that is not as promised."""
        owner, sitter = self._meet()
        booking = self._book(owner, sitter)
        self._talk(owner, sitter)
        self._stay(owner, sitter, booking)
        self._pay_out(sitter, booking)

    def _meet(self) -> tuple[Person, Person]:
        owner = self.tell(
            "An owner registers, follows the link in the mail and signs in",
            lambda: self._register("Olivia Reed", "owner"),
            "the mail arrived; the address is verified",
        )
        authenticator = self.tell(
            "She turns on the second factor",
            lambda: people.turn_on_second_factor(owner),
            "TOTP confirmed; ten recovery codes shown once",
        )
        self.tell(
            "She signs in again",
            lambda: people.sign_in(owner.client, owner.email, people.PASSWORD, authenticator),
            "no token before the second factor; a token after it",
        )
        sitter = self.tell(
            "A sitter registers", lambda: self._register("Simon Hale", "sitter"), "a sitter's account, not yet vetted"
        )
        self.tell(
            "He asks for a stay to be booked with him before he is vetted",
            lambda: self._refuse_unvetted(owner, sitter),
            "nobody can book, or even see, a sitter who is not cleared",
        )
        self.tell(
            "He submits his vetting",
            lambda: sitting.submit_vetting(sitter),
            lambda body: "checks ordered: " + ", ".join(check["kind"] for check in body["checks"]),
        )
        self.tell(
            "The provider's results arrive by signed webhook",
            lambda: sitting.await_clearance(sitter),
            lambda body: f"cleared; badge {body['badge']!r}, valid until {str(body['expires_at'])[:10]}",
        )
        self.tell(
            "He fills in profile, rates and payout account",
            lambda: sitting.open_for_business(sitter, lat=37.7793, lng=-122.3920),
            "listed, and payable",
        )
        return owner, sitter

    def _register(self, name: str, role: str) -> Person:
        email = f"{name.split()[0].lower()}.{self.mark}@demo.petwash.example"
        return people.register(self.base, self.mailbox, name=name, email=email, role=role)

    def _refuse_unvetted(self, owner: Person, sitter: Person) -> None:
        profile = sitter.client.get("sitter/profile")
        unknown = profile.body["id"] if profile.status == 200 else str(uuid4())
        start = sitting.today(owner.client).isoformat()
        body = {"sitter_id": unknown, "service": "boarding", "start_date": start, "end_date": start, "pets": 1}
        answer = owner.client.post("booking/price", body)
        expect(answer.status in {400, 404}, f"an unvetted sitter was priced: {answer.body}")
        owner.client.get(f"sitters/{unknown}").expect(404)

    def _book(self, owner: Person, sitter: Person) -> str:
        pet = sitting.add_pet(owner)
        start = sitting.today(owner.client)
        priced = self.tell(
            "She asks for the price of two nights",
            lambda: sitting.quote(owner, sitting.sitter_id(sitter), pet, start, 2),
            _explain_price,
        )
        booking = self.tell(
            "She books", lambda: str(sitting.book(owner, priced, pet)["id"]), "the nights are hers for 15 minutes"
        )
        self.tell(
            "Her first card is declined",
            lambda: self._declined(owner, booking),
            "402 card_declined; nothing was charged and nothing is held",
        )
        paid = self.tell(
            "She pays with another card",
            lambda: sitting.deposit(owner, booking),
            lambda body: f"{_money(body['escrow'])} held until 24 hours after the stay",
        )
        expect(paid["escrow"]["status"] == "held", f"the money should be held, not {paid['escrow']['status']}")
        self.tell(
            "The ledger is read",
            lambda: self.books.of(owner.client, booking),
            lambda shares: f"in {shares.paid_in}, held {shares.held}: every cent is accounted for",
        )
        return str(booking)

    def _declined(self, owner: Person, booking: str) -> None:
        body = {"booking_id": booking, "payment_method": sitting.DECLINED_CARD}
        owner.client.post("booking/deposit", body, once=True).expect(402, "card_declined")

    def _talk(self, owner: Person, sitter: Person) -> None:
        conversation = self.tell(
            "She hides her phone number in a message",
            lambda: self._hide_number(owner, sitter),
            "the sitter cannot read the number",
        )
        self.tell(
            "Trust & Safety looks into the fraud log",
            lambda: self._logged(conversation),
            lambda row: (
                f"{row['action']}, score {row['score']}: {', '.join(sorted(row['categories']))}; no word of the message"
            ),
        )
        self.tell(
            "Staff ask the monitor about the same words",
            lambda: self.books.monitor(f"Text me at {PHONE}, I pay you cash"),
            lambda body: f"{body['decision']}: {body['masked_text']}",
        )

    def _hide_number(self, owner: Person, sitter: Person) -> str:
        opened = owner.client.post("chat/conversations", {"sitter_id": sitting.sitter_id(sitter)}).expect(201).body
        path = f"chat/conversations/{opened['id']}/messages"
        text = f"Biscuit loves you already! Text me at {PHONE} so we skip the fees and I pay you cash."
        sent = owner.client.post(path, {"text": text, "client_message_id": str(uuid4())}).expect(201).body
        expect(sent["decision"] == "mask", f"the message should be masked, not {sent['decision']}")
        seen = sitter.client.get(path).expect(200).body["results"]
        expect(len(seen) == 1, "the sitter should see one message")
        expect(PHONE not in str(seen), "the sitter can read the hidden number")
        return str(opened["id"])

    def _logged(self, conversation: str) -> Any:
        rows = self.books.fraud_log(conversation)
        expect(len(rows) == 1, f"the message should be logged once, not {len(rows)} times")
        expect(PHONE not in str(rows), "the log holds the number")
        return rows[0]

    def _stay(self, owner: Person, sitter: Person, booking: str) -> None:
        self.tell(
            "He accepts and starts the stay with her PIN",
            lambda: sitting.start_stay(owner, sitter, booking),
            "only somebody who met the owner can start",
        )
        self.tell(
            "He completes the stay",
            lambda: sitting.complete_stay(sitter, booking),
            lambda body: f"completed at {body['completed_at']}",
        )

    def _pay_out(self, sitter: Person, booking: str) -> None:
        self.tell(
            "He asks for his money at once",
            lambda: sitting.ask_for_payout(sitter, booking).expect(409, "hold_not_elapsed"),
            lambda answer: f"409 hold_not_elapsed: due {answer.body['error']['details']['release_due_at']}",
        )
        self.tell(
            "The business clock advances by four days",
            lambda: sitter.client.post("demo/clock", {"advance_seconds": 4 * DAY_SECONDS}).expect(200),
            lambda answer: f"business time is {answer.body['business_now']}",
        )
        self.tell(
            "Beat releases the payout",
            lambda: sitting.await_payout(sitter, booking),
            "nobody pressed a button; the transfer is confirmed",
        )
        shares = self.tell(
            "The ledger is read again",
            lambda: self.books.of(sitter.client, booking),
            lambda s: f"in {s.paid_in} = held {s.held} + paid out {s.paid_out} + fees {s.fees} + refunded {s.refunded}",
        )
        expect(shares.held == 0 and shares.paid_out > 0, f"the payout is not in the books: {shares}")
        self.tell("The whole ledger is checked", self.books.check, lambda text: text)


def _money(body: Any) -> str:
    return str(Money(body["amount_minor"], body["currency"]))


def _explain_price(body: Any) -> str:
    factors = ", ".join(f"{factor['name']} {factor['value']}" for factor in body["surge"]["factors"]) or "none"
    total = Money(body["total_minor"], body["currency"])
    expect(
        sum(line["amount_minor"] for line in body["lines"]) == body["subtotal_minor"],
        "the lines do not add up to the subtotal",
    )
    expect(body["subtotal_minor"] + body["owner_fee_minor"] == body["total_minor"], "the total is not the sum")
    return f"{total}: {len(body['lines'])} lines, surge x{body['surge']['multiplier']} ({factors})"
