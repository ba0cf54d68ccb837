"""The bootstrap says in one sentence what is missing, and works once."""

import ast
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from petwash.devstack import bootstrap
from petwash.devstack.programs import REPOSITORY


def test_an_old_python_can_read_it_far_enough_to_be_refused():
    ast.parse(Path(bootstrap.__file__).read_text(), feature_version=(3, 7))


def test_it_needs_nothing_but_the_standard_library():
    tree = ast.parse(Path(bootstrap.__file__).read_text())
    names = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


def test_a_python_that_is_too_old_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr(bootstrap, "version_of", lambda program: "3.9")
    monkeypatch.setattr(bootstrap, "sys", SimpleNamespace(version_info=(3, 9), executable="python3"))
    with pytest.raises(SystemExit, match=r"3\.11 or newer is needed, and here is only 3\.9: install"):
        bootstrap.best_python()


def test_a_python_without_venv_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr(bootstrap, "version_of", lambda program: "")
    with pytest.raises(SystemExit, match="install its venv module"):
        bootstrap.best_python()


def test_the_newest_tested_python_is_taken(monkeypatch):
    versions = {"/bin/python3.12": "3.12", "/bin/python3.11": "3.11", sys.executable: "3.14"}
    monkeypatch.setattr(bootstrap, "version_of", lambda program: versions.get(program, ""))
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    assert bootstrap.best_python() == "/bin/python3.12"


def test_a_second_start_installs_nothing_and_new_requirements_install_again(monkeypatch, tmp_path):
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("one==1\n")
    stamp = tmp_path / "stamp"
    monkeypatch.setattr(bootstrap, "REQUIREMENTS", (requirements,))
    monkeypatch.setattr(bootstrap, "STAMP", stamp)
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    assert not bootstrap.is_current(bootstrap.fingerprint())
    stamp.write_text(bootstrap.fingerprint())
    assert bootstrap.is_current(bootstrap.fingerprint())
    requirements.write_text("one==2\n")
    assert not bootstrap.is_current(bootstrap.fingerprint())


def test_make_says_which_program_is_missing():
    done = subprocess.run(
        ["make", "run", "PYTHON=no-such-python"],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "no-such-python is missing: install Python 3.11 or newer." in done.stderr
