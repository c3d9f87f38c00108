"""PostgreSQL: tables, migrations and every query, by noun."""
