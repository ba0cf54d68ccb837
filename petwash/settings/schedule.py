"""What Celery beat kicks, and how often (seconds). Every task finds its own due work in Postgres."""

from typing import Any

CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "statements-close-periods": {
        "task": "statements.close_periods",
        "schedule": 3600.0,
        "options": {"expires": 3000},
    },
    "worker-heartbeat": {
        "task": "common.worker_heartbeat",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "prune-kernel": {"task": "common.prune", "schedule": 3600.0},
    "accounts-prune": {"task": "accounts.prune", "schedule": 3600.0},
    "sitters-sweep-vetting": {
        "task": "sitters.sweep_vetting",
        "schedule": 10.0,
        "options": {"expires": 20},
    },
    "sitters-expire-clearances": {
        "task": "sitters.expire_clearances",
        "schedule": 60.0,
        "options": {"expires": 120},
    },
    "ledger-cut": {"task": "ledger.cut", "schedule": 600.0, "options": {"expires": 600}},
    "payments-process-webhooks": {
        "task": "payments.process_webhooks",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "payments-sweep-events": {
        "task": "payments.sweep_events",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "payments-check-gateway": {
        "task": "payments.check_gateway",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "payments-resume-stale": {
        "task": "payments.resume_stale",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "reconciliation-nightly": {
        "task": "reconciliation.reconcile_if_due",
        "schedule": 900.0,
        "options": {"expires": 900},
    },
    "escrow-release-due": {
        "task": "escrow.release_due",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "escrow-end-freezes": {
        "task": "escrow.end_freezes",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "escrow-forget-idle-runs": {"task": "escrow.forget_idle_runs", "schedule": 3600.0},
    "escrow-continue-claw-backs": {
        "task": "escrow.continue_claw_backs",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "bookings-expire-unpaid": {
        "task": "bookings.expire_unpaid",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "bookings-complete-overdue": {
        "task": "bookings.complete_overdue",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "bookings-review-no-shows": {
        "task": "bookings.review_no_shows",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "bookings-prune": {"task": "bookings.prune", "schedule": 3600.0},
    "stations-sweep-starts": {
        "task": "stations.sweep_starts",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "stations-sweep-leases": {
        "task": "stations.sweep_leases",
        "schedule": 15.0,
        "options": {"expires": 30},
    },
    "stations-sweep-refunds": {
        "task": "stations.sweep_refunds",
        "schedule": 15.0,
        "options": {"expires": 30},
    },
    "stations-sweep-levels": {
        "task": "stations.sweep_levels",
        "schedule": 30.0,
        "options": {"expires": 60},
    },
    "stations-take-samples": {
        "task": "stations.take_samples",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "stations-sweep-chemicals": {
        "task": "stations.sweep_chemicals",
        "schedule": 900.0,
        "options": {"expires": 900},
    },
    "stations-prune-dead-letters": {
        "task": "stations.prune_dead_letters",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "stations-close-days": {
        "task": "stations.close_days",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}
