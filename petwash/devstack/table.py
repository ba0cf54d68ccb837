"""What a person needs to know once everything runs."""

import json
from pathlib import Path
from typing import Any


def ready_table(base_url: str, demo_file: Path, env_file: Path) -> str:
    """Return the table: addresses, demo accounts with passwords, how to stop."""
    places = [
        ("Console", f"{base_url}/admin/"),
        ("API", f"{base_url}/api/schema/swagger-ui/"),
        ("Health", f"{base_url}/health/status"),
        ("Variables", str(env_file)),
    ]
    accounts = _accounts(demo_file)
    lines = [f"  {name:<10} {place}" for name, place in places]
    if accounts:
        lines += ["", "  Demo accounts (they exist in this copy alone)"]
        lines += [_account_line(account) for account in accounts]
    lines += ["", "  Stop with Ctrl-C; the data stays for the next start."]
    rule = "-" * 78
    return "\n".join([rule, "  PetWash is running", "", *lines, rule])


def _accounts(demo_file: Path) -> list[dict[str, Any]]:
    if not demo_file.exists():
        return []
    accounts: list[dict[str, Any]] = json.loads(demo_file.read_text())["accounts"]
    return accounts


def _account_line(account: dict[str, Any]) -> str:
    line = f"  {account['role']:<10} {account['email']:<32} {account['password']}"
    secret = account.get("totp_secret")
    return f"{line}\n  {'':<10} second factor (TOTP secret): {secret}" if secret else line
