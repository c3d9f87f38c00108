"""What media looks like on the wire and in a file: forked packets, stream frames, tracks; no sockets."""
