"""What happens on a leg: ringing, answer, playback, gathers, recordings, queues, hangup."""
