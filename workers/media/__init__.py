"""The media receivers: websockets for streams, UDP for forks; any number of them may run."""
