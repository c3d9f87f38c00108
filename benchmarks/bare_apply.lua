-- The least that applies an event: seen before? still the version it was decided on? then state, command, acknowledgement.
-- KEYS: 1 call hash, 2 outbox, 3 events. ARGV: 1 version, 2 event id, 3 state, 4 command, 5 group, 6 entry id.
if redis.call('HEXISTS', KEYS[1], ARGV[2]) == 1 then return 2 end
if redis.call('HGET', KEYS[1], 'v') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[1] + 1, 's', ARGV[3], ARGV[2], 1)
redis.call('RPUSH', KEYS[2], ARGV[4])
redis.call('XACK', KEYS[3], ARGV[5], ARGV[6])
redis.call('XDEL', KEYS[3], ARGV[6])
return 1
