"""Operations on flows and on the inbound numbers that run them."""
