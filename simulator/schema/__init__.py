"""What a request must look like: kinds of field, conditions between fields, and the errors of the API."""
