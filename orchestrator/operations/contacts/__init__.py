"""Operations on contacts, imports and suppressions."""
