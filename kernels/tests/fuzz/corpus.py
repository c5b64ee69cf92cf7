#!/usr/bin/env python3
"""Writes the initial fuzzing inputs: corpus/TARGET/NAME, in the layout that TARGET.cpp documents.

Run it after a change here and commit its output. Add inputs that once found a bug by hand.
"""

from __future__ import annotations

import struct
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
SKIP, REQUEST, RESULT, EXCEPTION = range(4)
MOST = 2**64 - 1


def frame(data: bytes, kind: int = RESULT, outside: int = 0, size: int | None = None) -> bytes:
    """A header and the bytes, padded to a ring's alignment of frames."""
    header = struct.pack("<IIQ", kind, outside, len(data) if size is None else size)
    return header + data + bytes(-len(data) % 16)


def ring(
    memory: bytes, capacity: int = 2, start: int = 0, large: int = 256, ahead: int | None = None
) -> bytes:
    tail = len(memory) if ahead is None else ahead
    return struct.pack("<BBHQ", capacity, start, large, tail) + memory


def ring_inputs() -> dict[str, bytes]:
    hello = frame(b"hello")
    return {
        "nothing": ring(b""),
        "one_frame": ring(hello),
        "frames_of_every_kind": ring(
            b"".join(frame(b"x", kind) for kind in (REQUEST, RESULT, EXCEPTION))
        ),
        "frames_to_skip": ring(frame(b"", SKIP) * 3 + hello),
        "only_frames_to_skip": ring(frame(b"", SKIP) * 16),
        "a_frame_of_no_bytes": ring(frame(b"")),
        "full_of_frames": ring(frame(b"") * 16),
        "over_the_end": ring(frame(b"", SKIP), start=15) + bytes(224) + hello,
        "outside": ring(frame(struct.pack("<Q", 200), outside=1)),
        "outside_too_large": ring(frame(struct.pack("<Q", 257), outside=1)),
        "outside_without_its_size": ring(frame(b"1234", outside=1)),
        "outside_without_an_area": ring(frame(struct.pack("<Q", 1), outside=1), large=0),
        "tail_not_aligned": ring(hello, ahead=33),
        "tail_too_far": ring(hello, ahead=272),
        "tail_behind": ring(hello, start=4, ahead=MOST - 15),
        "size_past_the_tail": ring(frame(b"hello", size=17), ahead=32),
        "size_past_the_end": ring(frame(b"", size=64), start=14, ahead=256),
        "size_that_overflows": ring(frame(b"", size=MOST)),
        "size_that_overflows_when_padded": ring(frame(b"", size=MOST - 30)),
        "kind_unknown": ring(frame(b"hello", kind=7)),
        "smallest_ring": ring(hello, capacity=0),
        "largest_ring": ring(frame(bytes(2032)) + frame(bytes(2032)), capacity=6),
    }


def message(data: bytes, kind: int = RESULT, size: int | None = None) -> bytes:
    return struct.pack("<IIQ", kind, 0, len(data) if size is None else size) + data


def pipe(stream: bytes, limit: int = 1000, at_a_time: int = 256) -> bytes:
    return struct.pack("<HB", limit, at_a_time - 1) + stream


def pipe_inputs() -> dict[str, bytes]:
    three = message(b"one") + message(b"") + message(b"three" * 20, EXCEPTION)
    return {
        "nothing": pipe(b""),
        "one_message": pipe(message(b"hello")),
        "three_messages": pipe(three),
        "byte_by_byte": pipe(three, at_a_time=1),
        "borders_within_headers": pipe(three, at_a_time=23),
        "ends_within_a_header": pipe(three[:30]),
        "ends_within_the_bytes": pipe(three[:-1]),
        "as_large_as_may_be": pipe(message(bytes(1000))),
        "too_large": pipe(message(bytes(1001))),
        "size_that_overflows": pipe(
            message(b"hello") + message(b"", size=MOST) + message(b"behind")
        ),
        "a_limit_of_nothing": pipe(message(b"") + message(b"x"), limit=0),
        "kind_unknown": pipe(message(b"hello", kind=7)),
    }


def u64(*numbers: int) -> bytes:
    return struct.pack(f"<{len(numbers)}Q", *numbers)


def sized(data: bytes) -> bytes:
    return u64(len(data)) + data


# Indices of the types in wire.cpp's table.
(
    CHAR,
    BOOL,
    NUMBER,
    ARRAY,
    STRING,
    DOUBLES,
    SHORTS,
    BOOLS,
    STRINGS,
    VECTORS,
    MAP,
    OPTIONAL,
    PAIR,
    TUPLE,
    NAMED,
) = range(15)
(TEXT_VIEW, DOUBLES_VIEW, SHORTS_VIEW, NESTED) = range(15, 19)


def wire(types: list[int], data: bytes) -> bytes:
    return bytes([len(types), *types]) + data


def wire_inputs() -> dict[str, bytes]:
    words = u64(2) + sized(b"one") + sized(b"two")  # in cereal's format
    return {
        "nothing": wire([], b""),
        "plain_values": wire(
            [CHAR, BOOL, NUMBER, ARRAY], b"x\1" + u64(7) + struct.pack("<iii", 1, 2, 3)
        ),
        "a_bool_of_two": wire([BOOL], b"\2"),
        "text": wire([STRING, TEXT_VIEW], sized(b"12345678") + sized(b"view")),
        "text_behind_a_char": wire([CHAR, STRING], b"x" + bytes(7) + sized(b"text")),
        "numbers": wire([DOUBLES, SHORTS], sized(struct.pack("<2d", 0.5, 2.0)) + sized(b"123456")),
        "views": wire(
            [DOUBLES_VIEW, SHORTS_VIEW], sized(struct.pack("<2d", 0.5, 2.0)) + sized(b"123456")
        ),
        "a_part_of_a_number": wire([DOUBLES], sized(b"123456789")),
        "bools": wire([BOOLS], sized(u64(3) + b"\0\1\2")),
        "words": wire([STRINGS], sized(words)),
        "more_words_than_bytes": wire([STRINGS], sized(u64(2**40) + sized(b"one"))),
        "a_word_longer_than_all": wire([STRINGS], sized(u64(1) + u64(2**33) + b"one")),
        "vectors": wire([VECTORS], sized(u64(2, 1) + b"1234" + u64(0))),
        "more_vectors_than_bytes": wire([VECTORS], sized(u64(2**30) + u64(0))),
        "a_map": wire([MAP], sized(u64(1) + sized(b"key") + u64(2) + b"12345678")),
        "an_optional": wire([OPTIONAL], sized(b"\0" + sized(b"there"))),
        "an_optional_without": wire([OPTIONAL], sized(b"\1")),
        "an_optional_of_another_bool": wire([OPTIONAL], sized(b"\7" + sized(b"there"))),
        "a_pair": wire([PAIR], sized(b"\3" + sized(b"text"))),
        "a_tuple": wire(
            [TUPLE], sized(b"1234" + b"12345678" + u64(2) + b"\1" + b"\0" + sized(b"x"))
        ),
        "a_type_of_ones_own": wire(
            [NAMED], sized(sized(b"name") + u64(1) + bytes(8) + u64(1) + b"1234" + words)
        ),
        "nested": wire([NESTED, STRING, NUMBER], sized(sized(b"12345678") + u64(1)) + b"outside"),
        "nested_too_large": wire([NESTED, STRING], u64(100) + sized(b"text")),
        "a_size_that_overflows": wire([STRING], u64(MOST) + b"text"),
    }


# Indices of the steps in board.cpp's table.
(GO_ON, THROW, WORD, CALL_WORD, NOTE, BOARD_WORD, CLAIM, TURN, DIE, FRAME, SUBMIT) = range(11)
# Indices of the words in its table of words.
(TAKEN, STARTED, ENDED) = range(3)


def step(kind: int, worker: int = 0, place: int = 0, value: int = 0) -> bytes:
    return struct.pack("<BBHQ", kind, worker, place, value)


def board(*steps: bytes, workers: int = 2, tasks: int = 8, chunk: int = 2, end: int = 0) -> bytes:
    return bytes([workers - 1, tasks - 1, chunk - 1, end]) + b"".join(steps)


def board_inputs() -> dict[str, bytes]:
    all_of_it = step(GO_ON, value=63)
    turn = step(TURN)
    death = step(DIE)
    # Claiming, starting and ending a task are one step each; so is leaving a chunk.
    first_chunk = step(GO_ON, value=5)
    within_a_task = step(GO_ON, value=2)
    counts = 2**16
    return {
        "nothing": board(),
        "nothing_and_no_death": board(end=1),
        "all_as_it_should_be": board(all_of_it, turn),
        "shared_by_two": board(first_chunk, step(GO_ON, 1, value=5), all_of_it, turn),
        "two_calls": board(all_of_it, turn, step(SUBMIT, value=11), all_of_it, turn),
        "a_call_and_messages": board(step(SUBMIT, value=3), all_of_it, turn, turn),
        "a_task_throws": board(within_a_task, step(THROW), all_of_it, turn),
        "dies_with_a_chunk": board(step(GO_ON, value=1), death, turn, all_of_it, turn),
        "dies_in_a_task": board(within_a_task, death, turn, all_of_it, turn),
        "dies_behind_a_task": board(step(GO_ON, value=3), death, turn, all_of_it, turn),
        "dies_uncounted": board(step(GO_ON, value=20), death, turn, turn),
        "all_die": board(within_a_task, step(GO_ON, 1, value=3), death, death, turn, turn),
        "notes_nothing": board(first_chunk, step(WORD, place=TAKEN), turn, death, turn),
        "notes_more_than_there_are": board(
            step(CALL_WORD, place=TAKEN, value=counts - 1), turn, all_of_it, turn
        ),
        # The pool reads a worker's record when another worker dies.
        "notes_more_than_there_is_room_for": board(
            first_chunk, step(CALL_WORD, place=TAKEN, value=counts - 1), step(DIE, 1), turn, turn
        ),
        "notes_what_there_is_not_and_another": board(
            first_chunk,
            step(CALL_WORD, place=TAKEN, value=2),
            step(NOTE, value=999),
            step(DIE, 1),
            turn,
            turn,
        ),
        "notes_what_there_is_not": board(
            first_chunk, step(NOTE, value=999), step(NOTE, place=1, value=counts - 1), turn
        ),
        "notes_another_ones": board(
            step(GO_ON, 1, value=2),
            step(CALL_WORD, place=TAKEN, value=1),
            step(NOTE),
            step(CALL_WORD, place=ENDED, value=2),
            turn,
            death,
            turn,
        ),
        "notes_one_twice": board(first_chunk, step(CALL_WORD, place=TAKEN, value=2), turn),
        "notes_the_call_before": board(
            all_of_it,
            turn,
            step(SUBMIT, value=5),
            step(CALL_WORD, place=TAKEN, value=counts + 4),
            turn,
            death,
            turn,
        ),
        "ends_what_it_has_not_started": board(
            step(GO_ON, value=1), step(CALL_WORD, place=ENDED, value=2), death, turn
        ),
        "starts_what_is_anothers": board(
            step(GO_ON, value=1), step(CALL_WORD, place=STARTED, value=8), death, turn
        ),
        "all_have_ended": board(step(BOARD_WORD, place=24, value=counts + 4), turn, turn, death),
        "no_chunk_is_left": board(step(BOARD_WORD, place=16, value=MOST), turn, all_of_it, death),
        "another_call": board(
            step(BOARD_WORD, place=16, value=(2**28 * 2) + 2**14 * 4), all_of_it, turn, death, turn
        ),
        "claims_that_are_none": board(
            first_chunk, *(step(CLAIM, place=chunk, value=3) for chunk in range(4)), death, turn
        ),
        "claims_that_nobody_took_back": board(
            first_chunk, *(step(CLAIM, place=chunk, value=2) for chunk in range(4)), turn, end=1
        ),
        "free_again": board(first_chunk, step(CLAIM), step(GO_ON, 1, value=63), turn, death, turn),
        "work_that_overflows": board(
            all_of_it, step(BOARD_WORD, place=25, value=2**63 - 1), turn, step(SUBMIT, value=1)
        ),
        "frames_of_no_task": board(
            step(FRAME, place=EXCEPTION + 1, value=4) + b"type",
            step(FRAME, place=RESULT, value=4) + b"1234",
            turn,
        ),
        "thrown_where_there_is_no_task": board(
            step(FRAME, place=EXCEPTION + 1, value=40)
            + sized(b"12345678")
            + sized(b"12345678")
            + u64(counts + counts - 1),
            first_chunk,
            turn,
        ),
    }


def main() -> None:
    for target, inputs in (
        ("board", board_inputs()),
        ("ring", ring_inputs()),
        ("pipe", pipe_inputs()),
        ("wire", wire_inputs()),
    ):
        folder = FOLDER / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in inputs.items():
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
