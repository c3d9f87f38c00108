"""The two stores: SQL as the record and the ledger, Redis as the nervous system."""
