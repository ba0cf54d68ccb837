"""Actions of the console that ask why before they change anything."""

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from apps.common import idempotency
from apps.common.admin import ConsoleAdmin
from apps.common.errors import Conflict, DomainError
from apps.common.ids import uuid7
from apps.common.money import Money, money_from_decimal

A_LINE = range(1, 201)
MOST = Decimal(10**12)
EMPTY: Mapping[str, Any] = MappingProxyType({})


def with_reason(
    page: ConsoleAdmin,
    request: HttpRequest,
    chosen: Iterable[Any],
    verb: str,
    change: Callable[[Any, Any, str], object],
    *,
    show: Callable[[Any], str] = str,
    warning: str = "",
    length: range = A_LINE,
    pinned: bool = False,
    form: Mapping[str, Any] = EMPTY,
) -> HttpResponse | None:
    """Ask for a reason first, then `change(actor, row, reason)` each chosen row, a use case of its own.

    A refusal is told, and the other rows are still done. `show` names a row for people; `length` is how many
    characters the use case takes for a reason. `pinned`: who answers has to have seen the rows as they are now.
    `form` is what else the page asks for.
    """
    rows = list(chosen)
    shown = [(row.pk, show(row)) for row in rows]
    question = {**form, "rows": shown, "warning": warning, "length": length}
    if pinned:
        question["seen"] = idempotency.fingerprint(request.path, shown)
        if "reason" in request.POST and request.POST.get("seen") != question["seen"]:
            page.message_user(request, "It has changed since this page was shown. Look at it again.", messages.ERROR)
            return _ask(page, request, verb, question)
    reason = request.POST.get("reason", "").strip()
    if len(reason) not in length:
        if reason:
            page.message_user(request, f"The reason needs {length[0]} to {length[-1]} characters.", messages.ERROR)
        return _ask(page, request, verb, question)
    done = 0
    for row in rows:
        try:
            change(request.user, row, reason)
            done += 1
        except DomainError as refusal:
            page.message_user(request, f"{show(row)}: {_said(refusal)}", messages.ERROR)
    if done:
        page.message_user(request, f"{done} done: {verb}.", messages.SUCCESS)
    return None


def with_amounts(
    page: ConsoleAdmin,
    request: HttpRequest,
    chosen: Iterable[Any],
    verb: str,
    change: Callable[[Any, Any, str, dict[str, Money]], object],
    *,
    asked: Mapping[str, str],
    warning: str = "",
    length: range = A_LINE,
) -> HttpResponse | None:
    """Ask for amounts and a reason first, then `change(actor, row, reason, amounts)` the one chosen row.

    `asked` names each amount and what it is called; an amount left out is nothing. Amounts are in the row's
    `currency`, and a fraction of its smallest unit is refused, not rounded. A form that is sent twice (two
    clicks, a reload, however late) is carried out at most once, also when the first broke off and nobody knows how
    far it came; a form that is opened again is another wish.
    """
    rows = list(chosen)
    if len(rows) != 1:
        page.message_user(request, "Choose one row: each has amounts of its own.", messages.ERROR)
        return None
    amounts: dict[str, Money] = {}
    if "reason" in request.POST:
        try:
            amounts = {name: typed_amount(request.POST.get(name, ""), rows[0].currency) for name in asked}
        except ValueError as refusal:
            page.message_user(request, str(refusal), messages.ERROR)
    fields = [(name, called, request.POST.get(name, "")) for name, called in asked.items()]
    form = {"asked": fields, "currency": rows[0].currency, "once": str(uuid7())}
    if not amounts:
        question = {"rows": [(row.pk, str(row)) for row in rows], "warning": warning, "length": length}
        return _ask(page, request, verb, {**question, **form})

    def act(actor: Any, row: Any, reason: str) -> None:
        _once(request, verb, lambda: change(actor, row, reason, amounts))

    return with_reason(page, request, rows, verb, act, warning=warning, length=length, form=form)


def with_choices(
    page: ConsoleAdmin,
    request: HttpRequest,
    chosen: Iterable[Any],
    verb: str,
    change: Callable[[Any, Any, str, list[str], list[str]], object],
    *,
    choices: Iterable[str],
    now: Callable[[Any], Collection[str]],
    warning: str = "",
) -> HttpResponse | None:
    """Ask what to tick and a reason first, then `change(actor, row, reason, ticked, before)` the one chosen row.

    `now` tells what is ticked before anybody touches it; a name that is not among the choices is left out. Who answers
    has to have seen what is ticked now: else the page is shown again as it is. What changes between that look and the
    change, `change` finds by `before`.
    """
    rows = list(chosen)
    if len(rows) != 1:
        page.message_user(request, "Choose one row: each has ticks of its own.", messages.ERROR)
        return None
    before = sorted(now(rows[0]))
    shown = f"{rows[0]}, now: {', '.join(before) or 'none'}"
    seen = idempotency.fingerprint(request.path, [(rows[0].pk, shown)])
    is_answer = "reason" in request.POST and request.POST.get("seen") == seen
    wanted = request.POST.getlist("ticked") if is_answer else before
    ticks = [(name, name in wanted) for name in choices]

    def act(actor: Any, row: Any, reason: str) -> None:
        change(actor, row, reason, [name for name, ticked in ticks if ticked], before)

    return with_reason(
        page, request, rows, verb, act, show=lambda row: shown, warning=warning, pinned=True, form={"ticks": ticks}
    )


def _said(refusal: DomainError) -> str:
    """Return the refusal in words; of wrong fields, each with what would be right."""
    named = (f"{name}: {problem}" for name, problems in refusal.details.items() for problem in problems)
    return " ".join(named) if refusal.code == "validation_error" else refusal.message


def _once(request: HttpRequest, verb: str, change: Callable[[], object]) -> None:
    """Do it, unless this very form was begun before: a gift has no row by which a second one is known as the same.

    So the form is used up before anything is done; only a refusal, which did nothing, gives it back.
    Raises: Conflict `sent_already`; what `change` raises.
    """
    once = request.POST.get("once", "")
    if not once:
        change()
        return
    lease = idempotency.begin(
        scope=f"console:{request.user.pk}",
        route=verb,
        key=once,
        body_fingerprint=idempotency.fingerprint(request.path, sorted(request.POST.lists())),
    )
    if isinstance(lease, idempotency.StoredAnswer):
        raise Conflict(
            "sent_already",
            "This form was sent already: nothing more was done. Look at what came of it before you open another.",
        )
    idempotency.finish(lease, status=202, body=None)
    try:
        change()
    except DomainError:
        idempotency.free(lease)
        raise


def typed_amount(text: str, currency: str) -> Money:
    """Return what somebody typed as an amount; nothing typed is nothing. Raises: ValueError saying what is wrong."""
    try:
        exact = Decimal(text.strip() or "0")
    except InvalidOperation:
        raise ValueError(f"{text.strip()!r} is no amount: write it like 12.30.") from None
    if not exact.is_finite() or abs(exact) > MOST:
        raise ValueError(f"{text.strip()!r} is no amount: write it like 12.30.")
    amount = money_from_decimal(str(exact), currency)
    if Decimal(amount.amount_minor).scaleb(-amount.minor_digits) != exact:
        raise ValueError(f"{text.strip()!r} is finer than the smallest unit of {currency}.")
    return amount


def _ask(page: ConsoleAdmin, request: HttpRequest, verb: str, question: dict[str, Any]) -> HttpResponse:
    context: dict[str, Any] = {
        **page.admin_site.each_context(request),
        **question,
        "title": f"{verb.capitalize()}: {len(question['rows'])} chosen",
        "action": request.POST.get("action", ""),
        "action_checkbox_name": ACTION_CHECKBOX_NAME,
        "opts": page.opts,
        "back": reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist"),
    }
    return TemplateResponse(request, "admin/reason.html", context)
