"""Documentation holds together: links resolve, each app and each decision is where a reader looks for it."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
ADR = ROOT / "docs" / "adr"
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.+?)\s*$", re.MULTILINE)


def pages() -> list[Path]:
    """Return the Markdown files of this copy, without what tools brought."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    names = listed.stdout.split("\n") if listed.returncode == 0 else []
    found = [ROOT / name for name in names if name] or [
        page for folder in ("apps", "docs", "deploy", "petwash") for page in (ROOT / folder).rglob("*.md")
    ]
    return [page for page in found if page.exists()]


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as code hosts make them."""
    headings = _HEADING.findall(page.read_text())
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> Iterator[str]:
    """Yield the relative links of a page that lead nowhere."""
    for link in _LINK.findall(_CODE.sub("", page.read_text())):
        if not re.match(r"[a-z]+:", link) and not _leads_somewhere(page, *link.partition("#")[::2]):
            yield link


def _leads_somewhere(page: Path, path: str, anchor: str) -> bool:
    target = (page.parent / path).resolve() if path else page
    if not target.is_relative_to(ROOT) or not target.exists():
        return False
    return not anchor or (target.suffix == ".md" and anchor in anchors(target))


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


def test_a_broken_link_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "there.md").write_text("# A heading: here\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](gone.md) [b](there.md) [c](there.md#a-heading-here) [d](there.md#gone) [e](../outside.md) "
        "[f](#none) `[g](gone.md)` [h](https://x.example)"
    )
    assert list(broken_links(page)) == ["gone.md", "there.md#gone", "../outside.md", "#none"]


def test_every_app_says_what_it_owns() -> None:
    apps = {page.parent for page in (ROOT / "apps").glob("*/apps.py")}
    assert apps
    assert {app.name for app in apps if not (app / "README.md").exists()} == set()


def test_the_index_of_decisions_is_complete() -> None:
    found = {}
    for page in sorted(ADR.glob("[0-9]*.md")):
        title = re.match(r"# (\d{4})\. (.+)\n", page.read_text())
        assert title, page.name
        assert page.name.startswith(f"{title[1]}-")
        found[page.name] = title[2]
    rows = re.findall(r"^\| \[\d{4}\]\((.+?)\) \| (.+?) \| ", (ADR / "README.md").read_text(), re.MULTILINE)
    assert dict(rows) == found
    assert [name[:4] for name, _ in rows] == [f"{number:04}" for number in range(1, len(rows) + 1)]
