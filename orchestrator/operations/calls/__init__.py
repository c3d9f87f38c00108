"""Operations on calls that are under way or over."""
