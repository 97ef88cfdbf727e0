"""What a disk has room for."""

from __future__ import annotations

import errno

import pytest

from owlab.pocket.machines.files import COUNTED, Files
from owlab.pocket.machines.tree import Tree


@pytest.fixture
def files() -> Files:
    return Files(Tree(capacity=lambda: 4 * COUNTED))


def full(act: object, *words: object, **more: object) -> bool:
    try:
        act(*words, **more)  # type: ignore[operator]
    except OSError as error:
        assert error.errno == errno.ENOSPC
        return True
    return False


def test_a_large_write_is_counted(files: Files) -> None:
    assert not full(files.write_file, "/a", bytes(3 * COUNTED))
    assert files.room("/a") == COUNTED
    assert full(files.write_file, "/b", bytes(COUNTED + 1))
    assert files.look("/b").size == 0
    assert not full(files.write_file, "/b", bytes(COUNTED))
    assert files.room("/") == 0


def test_a_full_disk_takes_not_even_a_little(files: Files) -> None:
    files.write_file("/a", bytes(4 * COUNTED - 3))
    assert full(files.write_file, "/b", b"four")
    assert not full(files.write_file, "/b", b"one")
    assert full(files.append_file, "/b", b"x")
    # What takes no more than before is no question of room.
    assert not full(files.write_file, "/b", b"two")
    assert not full(files.write_file, "/a", bytes(COUNTED))
    assert not full(files.append_file, "/b", b"x")
    assert files.read_file("/b") == b"twox"


def test_where_much_is_free_small_writes_are_not_counted(files: Files) -> None:
    def never() -> int:
        raise AssertionError("it was counted")

    files.tree.capacity = never
    assert not full(files.write_file, "/a", bytes(COUNTED - 1))
    files.append_file("/a", b"x")
    with pytest.raises(AssertionError, match="counted"):
        files.write_file("/b", bytes(COUNTED))
    files.tree.nearly_full = True
    with pytest.raises(AssertionError, match="counted"):
        files.write_file("/c", b"x")


def test_a_disk_that_nobody_counts() -> None:
    files = Files(Tree())
    files.tree.nearly_full = True
    assert not full(files.write_file, "/a", bytes(8 * COUNTED))
    assert files.room("/a") is None


def test_holes_take_no_room_and_zeros_do(files: Files) -> None:
    files.write_file("/a", b"")
    assert not full(files.set_size, "/a", 100 * COUNTED)
    assert files.look("/a").size == 100 * COUNTED and files.room("/a") == 4 * COUNTED
    files.write_file("/b", b"")
    assert full(files.set_size, "/b", 4 * COUNTED + 1, sparse=False)
    assert not full(files.set_size, "/b", 4 * COUNTED, sparse=False)
    assert files.room("/") == 0
    assert full(files.write_file, "/c", b"x")
    assert not full(files.set_size, "/b", COUNTED)
    assert not full(files.write_file, "/c", b"x")


def test_what_is_removed_makes_room_and_links_take_none(files: Files) -> None:
    files.write_file("/a", bytes(4 * COUNTED))
    files.link("/a", "/also")
    assert files.room("/") == 0
    files.remove("/a")
    assert files.room("/") == 0
    files.remove("/also")
    assert files.room("/") == 4 * COUNTED
    assert not full(files.write_file, "/b", b"x")
