-- KEYS: 1 call hash, 2 outbox, 3 events. ARGV: 1 state, 2 command, 3 group, 4 entry id.
redis.call('HINCRBY', KEYS[1], 'v', 1)
redis.call('HSET', KEYS[1], 's', ARGV[1])
redis.call('RPUSH', KEYS[2], ARGV[2])
redis.call('XACK', KEYS[3], ARGV[3], ARGV[4])
redis.call('XDEL', KEYS[3], ARGV[4])
return 1
