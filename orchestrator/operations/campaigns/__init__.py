"""Operations on campaigns: create, change, start, pause, cancel, complete, report."""
