"""FraudMonitor: judges one message. Pure: it knows no booking, no database and no HTTP."""

from collections.abc import Iterable, Sequence

from apps.fraud import window
from apps.fraud.detectors.all import ON_FOLDED, ON_READINGS
from apps.fraud.masking import mask, merge_spans
from apps.fraud.normalise import View, fold
from apps.fraud.policy import APPEAL, DEFAULT_POLICY, Policy, PolicyRow
from apps.fraud.states import Category, Decision, Relation
from apps.fraud.types import CategoryModel, CategoryScore, Finding, Hit, SenderHistory, Verdict
from apps.fraud.views import readings

MONITOR_VERSION = "rules-1"
MAX_SIGNS = 20_000
_LEAST_SCORE = 0.5  # below this a match says nothing


class FraudMonitor:
    """Normalise, detect, look at the window, apply the policy. One instance serves all threads."""

    def __init__(self, policy: Policy = DEFAULT_POLICY, model: CategoryModel | None = None) -> None:
        self.policy = policy
        self.model = model

    @property
    def version(self) -> str:
        """What judged: the rules, and the model if there is one."""
        return MONITOR_VERSION if self.model is None else f"{MONITOR_VERSION}+{self.model.version}"

    def assess(
        self,
        text: str,
        *,
        history: Sequence[str] = (),
        confirmed_booking: bool = False,
        sender: SenderHistory | None = None,
    ) -> Verdict:
        """Judge a message. `history`: the sender's earlier ones of the last ten minutes, oldest first.

        Never raises for any text; signs beyond `MAX_SIGNS` are not read (the edge refuses such messages).
        """
        found = score_categories(text, _collect(text[:MAX_SIGNS], history))
        relation = Relation.BOOKED if confirmed_booking else Relation.BEFORE_BOOKING
        decided = self.policy.decide(found, relation, sender or SenderHistory())
        rows = sorted(decided.values(), key=lambda row: -row.decision.severity)
        return Verdict(
            decision=rows[0].decision if rows else Decision.ALLOW,
            score=max((category.score for category in found), default=0.0),
            categories=tuple(found),
            masked_text=mask(text, _hidden_spans(found, decided)),
            explanation=" ".join([*dict.fromkeys(row.sentence for row in rows), APPEAL]) if rows else "",
            urgent=any(row.urgent for row in rows),
            needs_review=self._model_wants_review(text, history),
            monitor_version=self.version,
        )

    def _model_wants_review(self, text: str, history: Sequence[str]) -> bool:
        if self.model is None:
            return False
        return any(score >= self.policy.review_at for score in self.model.scores(text, history).values())


def _collect(text: str, history: Sequence[str]) -> list[Hit]:
    folded = fold(text)
    found: list[tuple[View, Finding]] = [(folded, finding) for detect in ON_FOLDED for finding in detect(folded)]
    for view in readings(folded):
        found += [(view, finding) for detect in ON_READINGS for finding in detect(view)]
    found += window.detect(folded, history)
    return [_hit(text, view, finding) for view, finding in found if finding.score >= _LEAST_SCORE]


def _hit(text: str, view: View, finding: Finding) -> Hit:
    start, end = view.span(finding.start, finding.end)
    return Hit(finding.category, finding.rule, start, end, round(finding.score, 3), text[start:end])


def score_categories(text: str, hits: Iterable[Hit]) -> list[CategoryScore]:
    """Combine the hits of each category: matches apart from each other add up, overlapping ones do not."""
    by_category: dict[Category, dict[tuple[str, int, int], Hit]] = {}
    for hit in hits:
        by_category.setdefault(hit.category, {}).setdefault((hit.rule, hit.start, hit.end), hit)
    found = [_combine(category, list(unique.values())) for category, unique in by_category.items()]
    return sorted(found, key=lambda category: -category.score)


def _combine(category: Category, hits: list[Hit]) -> CategoryScore:
    doubt = 1.0
    for start, end in merge_spans((hit.start, hit.end) for hit in hits):
        doubt *= 1.0 - max(hit.score for hit in hits if hit.start < end and start < hit.end)
    evidence = sorted(_outermost(hits), key=lambda hit: (hit.start, -hit.score))
    return CategoryScore(category, round(min(0.99, 1.0 - doubt), 3), tuple(evidence))


def _outermost(hits: Iterable[Hit]) -> list[Hit]:
    """Leave out what a longer match, or an equal one that is surer, already shows."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, -hit.score)):
        if not any(other.start <= hit.start and hit.end <= other.end for other in kept):
            kept.append(hit)
    return kept


def _hidden_spans(found: Iterable[CategoryScore], decided: dict[Category, PolicyRow]) -> list[tuple[int, int]]:
    hiding = (Decision.MASK, Decision.BLOCK)
    return [
        (hit.start, hit.end)
        for category in found
        if category.name in decided and decided[category.name].decision in hiding
        for hit in category.evidence
    ]
