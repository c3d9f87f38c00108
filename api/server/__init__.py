"""The HTTP server: it takes requests in whole and under bounds, and hands only those to the WSGI application."""
