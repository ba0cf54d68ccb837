"""Where the servers of a test run keep their files."""

from petwash.testing import stack


def test_a_run_works_in_memory_where_there_is_room(monkeypatch, tmp_path):
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(stack, "ROOMY_BYTES", 1)
    assert stack.choose_parent(tmp_path) == tmp_path


def test_a_narrow_or_missing_memory_is_left_alone(monkeypatch, tmp_path):
    monkeypatch.delenv("TMPDIR", raising=False)
    monkeypatch.setattr(stack, "ROOMY_BYTES", 2**80)
    assert stack.choose_parent(tmp_path) is None
    assert stack.choose_parent(tmp_path / "missing") is None


def test_a_folder_for_temporary_files_that_was_named_is_obeyed(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(stack, "ROOMY_BYTES", 1)
    assert stack.choose_parent(tmp_path) is None
