"""Operations on pools of caller ids and on the health of their numbers."""
