"""What is measured, and against what: every number beside the bare parts it is made of, from the same run."""
