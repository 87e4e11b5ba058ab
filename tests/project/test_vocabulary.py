"""Which words occur in a file: the answer is that of ``in``, whatever was read before."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flaskdoctor.project.code.vocabulary import Vocabulary

WORDS = (b"jsonify", b"_job", b".route(", b"app.env", b"g.", b"://", b"async def", b"bp", b"CORS_", b"(*args, **kw")
_OTHERS = (b"flask", b"my_job_1", b"(", b" ", b"\n", b".", b"route", b"args", b"\xc3\xa9", b"a", b"bpm")
_PIECES = st.sampled_from([*WORDS, *_OTHERS])


@given(st.lists(st.lists(_PIECES).map(b"".join), max_size=6))
def test_the_words_of_each_file_are_those_that_occur_in_it(files: list[bytes]) -> None:
    vocabulary = Vocabulary(WORDS)
    for source in files:
        assert vocabulary.read(source) == {word for word in WORDS if word in source}
