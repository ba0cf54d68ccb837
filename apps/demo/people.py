"""Makes people through the public API: they register, read their mail and sign in."""

from dataclasses import dataclass

from apps.demo.authenticator import Authenticator
from apps.demo.client import Client, expect
from apps.demo.mailbox import Mailbox

PASSWORD = "a walk in the park 7"  # noqa: S105 - of people who exist in a demo alone


@dataclass
class Person:
    """Somebody with an account, signed in."""

    name: str
    email: str
    client: Client


def register(base: Client, mailbox: Mailbox, *, name: str, email: str, role: str) -> Person:
    """Register, verify the address from the mail, sign in."""
    client = Client(base.base_url, http=base.http)
    client.post("auth/register", {"email": email, "password": PASSWORD, "full_name": name, "role": role}).expect(202)
    client.post("auth/email/verify", {"token": mailbox.token_for(email)})
    sign_in(client, email, PASSWORD)
    return Person(name, email, client)


def sign_in(client: Client, email: str, password: str, authenticator: Authenticator | None = None) -> None:
    """Sign in, with a second factor when the account has one."""
    answer = client.anonymous().post("auth/login", {"email": email, "password": password}).expect(200)
    if answer.body.get("two_factor_required"):
        expect("access" not in answer.body, "a token was given before the second factor")
        expect(authenticator is not None, f"{email} needs a second factor that nobody has")
        assert authenticator is not None
        body = {"challenge": answer.body["challenge"], "code": authenticator.fresh_code()}
        answer = client.anonymous().post("auth/2fa/verify", body).expect(200)
    client.access = answer.body["access"]


def turn_on_second_factor(person: Person) -> Authenticator:
    """Set up TOTP, confirm it, and sign in again with it."""
    secret = person.client.post("auth/2fa/setup").expect(200).body["secret"]
    authenticator = Authenticator(secret)
    answer = person.client.post("auth/2fa/confirm", {"code": authenticator.fresh_code()}).expect(200)
    expect(len(answer.body["recovery_codes"]) == 10, "there should be ten recovery codes")
    return authenticator
