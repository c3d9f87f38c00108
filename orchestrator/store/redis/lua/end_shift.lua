#!lua flags=allow-oom
-- Ends a shift: from here on calls get a message each, until somebody else marks a shift.
-- KEYS: 1 mark that somebody is on shift, 2 ready calls. Answer: the calls that nobody has taken; they are the caller's.
redis.call('DEL', KEYS[1])
local left = redis.call('LRANGE', KEYS[2], 0, -1)
redis.call('DEL', KEYS[2])
return left
