"""How the REST API reads requests and writes responses: routing, authentication, problems, pagination."""
