"""Programs that write files of the tree from facts; nothing of the product imports them."""
