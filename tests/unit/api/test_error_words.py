"""What is wrong with a field of a form, in words."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from api.pages.error_words import plain


@pytest.mark.parametrize(
    ("wanted", "sent", "said"),
    [
        (Annotated[str, Field(min_length=1)], "", "Write something here."),
        (Annotated[str, Field(min_length=3)], "ab", "3 characters at least."),
        (Annotated[str, Field(max_length=2)], "abc", "2 characters at most."),
        (Annotated[list[str], Field(min_length=1)], [], "One at least."),
        (Annotated[int, Field(ge=1)], 0, "1 at least."),
        (Annotated[int, Field(le=20)], 99, "20 at most."),
        (Annotated[float, Field(gt=0)], 0, "More than 0."),
        (Annotated[float, Field(lt=1)], 1, "Less than 1."),
        (int, "many", "A whole number."),
        (int, 1.5, "A whole number."),
        (float, "much", "A number."),
    ],
)
def test_what_is_wrong_is_said_in_words(wanted: Any, sent: object, said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(wanted).validate_python(sent)

    assert [plain(each["msg"]) for each in refused.value.errors()] == [said]


def test_a_sentence_begins_with_a_capital_but_not_within_what_was_written() -> None:
    assert plain("a time that is still to come") == "A time that is still to come"
    assert plain("'abc' is no phone number") == "'abc' is no phone number"
    assert plain("first_name is needed") == "first_name is needed"
