"""Audio on real sockets: streams over websockets, forks over UDP; always in real time."""
