#!lua flags=allow-oom
-- Takes the calls that were offered to workers of whom none is on shift any more.
-- KEYS: 1 mark that somebody is on shift, 2 ready calls. Answer: the calls; they are the caller's.
if redis.call('EXISTS', KEYS[1]) == 1 then return {} end
local left = redis.call('LRANGE', KEYS[2], 0, -1)
redis.call('DEL', KEYS[2])
return left
