"""Links that nobody can make up, change, or use for somebody else."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.quizzes import links
from course.quizzes.links import Ticket, outside_address, read_secret, read_token, token
from mlsd.errors import SettingsError

SECRET = b"a secret of tests, as long as one should be"
TICKET = Ticket("Cohort 8 (2026-01-13)", "quiz_2", "l07", 1)


@given(st.builds(Ticket, st.text(), st.text(), st.text(), st.integers(1, 10**6)))
def test_what_is_written_is_read_and_fits_into_an_address(ticket):
    written = token(ticket, SECRET)
    assert read_token(written, SECRET) == ticket
    assert set(written) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@given(st.integers(0, len(token(TICKET, SECRET)) - 1), st.sampled_from("ABCxyz019-_.~ é\x00"))
def test_a_token_with_one_other_sign_is_not_read(at, sign):
    written = token(TICKET, SECRET)
    altered = written[:at] + sign + written[at + 1 :]
    assert (read_token(altered, SECRET) is None) == (altered != written)


@given(st.text(max_size=300))
def test_no_text_that_somebody_makes_up_is_read(text):
    assert read_token(text, SECRET) is None


def test_the_same_bytes_in_another_base64_are_not_read():
    written = token(TICKET, SECRET)
    same = [f"{written[:-1]}{sign}" for sign in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
    assert [read_token(each, SECRET) for each in [*same, f"{written}=", f"{written}\n"] if each != written] == [
        None
    ] * 65


def test_a_payload_of_ones_own_needs_the_secret():
    said = base64.urlsafe_b64encode(json.dumps(["Cohort 8 (2026-01-13)", "quiz_2", "l08", 1]).encode()).decode()
    assert read_token(f"{said.rstrip('=')}.{token(TICKET, SECRET).partition('.')[2]}", SECRET) is None
    assert read_token(token(TICKET, b"another secret, also long enough to be one"), SECRET) is None


def test_cohort_quiz_learner_and_version_each_make_another_link():
    others = [("Cohort 9", "quiz_2", "l07", 1), ("Cohort 8 (2026-01-13)", "quiz_3", "l07", 1)]
    others += [("Cohort 8 (2026-01-13)", "quiz_2", "l08", 1), ("Cohort 8 (2026-01-13)", "quiz_2", "l07", 2)]
    written = {token(each, SECRET).partition(".")[2] for each in [TICKET, *(Ticket(*each) for each in others)]}
    assert len(written) == 5
    assert all(len(base64.urlsafe_b64decode(f"{each}=")) == 32 for each in written)  # 256 bits to guess


def test_keys_of_two_purposes_differ_also_where_their_words_join_to_the_same():
    assert links.key(SECRET, "ab", "c") != links.key(SECRET, "a", "bc")


def test_a_secret_is_needed_and_its_fix_says_how(monkeypatch):
    monkeypatch.delenv("MLSD_QUIZ_SECRET", raising=False)
    with pytest.raises(SettingsError, match="is not set"):
        read_secret()
    monkeypatch.setenv("MLSD_QUIZ_SECRET", "short")
    with pytest.raises(SettingsError, match=r"has 5 bytes; at least 32(.|\n)*secrets\.token_urlsafe\(32\)"):
        read_secret()
    monkeypatch.setenv("MLSD_QUIZ_SECRET", "x" * 32)
    assert read_secret() == b"x" * 32


@pytest.mark.parametrize(
    ("address", "match"),
    [
        ("quiz.example", "is no address"),
        ("ftp://quiz.example", "is no address"),
        ("https://", "is no address"),
        ("https://me@quiz.example", "is no address"),
        ("https://quiz.example:port", "is no address"),
        ("https://[quiz", "is no address"),
        ("https://quiz.example/course", "more than a host"),
        ("https://quiz.example?x=1", "more than a host"),
        ("http://quiz.example", "over http, everybody"),
    ],
)
def test_an_address_that_would_not_work_or_not_be_safe_is_refused(address, match):
    with pytest.raises(SettingsError, match=match):
        outside_address(address)


def test_http_is_fine_on_this_machine():
    assert outside_address("http://127.0.0.1:8010/") == "http://127.0.0.1:8010"
