"""The key file: made once, for its owner alone, and never shown."""

import os
import stat
import traceback

import pytest

from plainfilm.deid import load_or_create_key
from plainfilm.errors import PrivacyError


def test_key_is_made_once_and_read_again(tmp_path):
    path = tmp_path / "plainfilm.key"
    key = load_or_create_key(path)
    assert len(key) == 32
    assert load_or_create_key(path) == key
    assert [entry.name for entry in tmp_path.iterdir()] == ["plainfilm.key"]


def test_two_keys_differ(tmp_path):
    assert load_or_create_key(tmp_path / "a") != load_or_create_key(tmp_path / "b")


def test_key_file_is_for_its_owner_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        load_or_create_key(tmp_path / "key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o660, 0o644, 0o610])
def test_key_that_others_can_reach_is_refused(tmp_path, mode):
    path = tmp_path / "key"
    load_or_create_key(path)
    path.chmod(mode)
    with pytest.raises(PrivacyError, match="chmod 600"):
        load_or_create_key(path)


@pytest.mark.parametrize("content", ["", "not a key", "ab" * 16, "ab" * 33])
def test_file_that_holds_no_key_is_refused_without_showing_it(tmp_path, content):
    path = tmp_path / "key"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(PrivacyError) as caught:
        load_or_create_key(path)
    shown = "".join(traceback.format_exception(caught.value)).replace("not a key of", "")
    assert not content or content not in str(caught.value)
    assert "abababab" not in shown


def test_folder_and_link_are_refused(tmp_path):
    load_or_create_key(tmp_path / "key")
    (tmp_path / "link").symlink_to(tmp_path / "key")
    for path in (tmp_path, tmp_path / "link"):
        with pytest.raises(PrivacyError):
            load_or_create_key(path)


def test_missing_folder_is_refused(tmp_path):
    with pytest.raises(PrivacyError):
        load_or_create_key(tmp_path / "no" / "key")


def test_key_of_a_quicker_process_is_taken(tmp_path, monkeypatch):
    path = tmp_path / "key"
    link = os.link

    def slower(source, target):
        monkeypatch.setattr(os, "link", link)
        quicker.append(load_or_create_key(path))
        link(source, target)

    quicker = []
    monkeypatch.setattr(os, "link", slower)
    # The quicker one must not trip over the slower one's partial file: it has another process id.
    monkeypatch.setattr(os, "getpid", iter([1, 2]).__next__)
    assert load_or_create_key(path) == quicker[0]
