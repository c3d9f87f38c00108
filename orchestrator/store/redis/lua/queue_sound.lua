-- Leaves a sound for the call's open stream, once for each id.
-- KEYS: 1 mark of an open stream, 2 sounds, 3 mark of this id. ARGV: 1 sound (JSON), 2 most that may wait,
--       3 seconds it waits, 4 seconds its id is known, or 0 for a sound without one.
-- Answer: 'taken', also for an id that was taken before; 'full'; 'no_stream'.
if redis.call('EXISTS', KEYS[3]) == 1 then return 'taken' end
if redis.call('EXISTS', KEYS[1]) == 0 then return 'no_stream' end
if redis.call('LLEN', KEYS[2]) >= tonumber(ARGV[2]) then return 'full' end
redis.call('RPUSH', KEYS[2], ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[3])
if ARGV[4] ~= '0' then redis.call('SET', KEYS[3], '', 'EX', ARGV[4]) end
return 'taken'
