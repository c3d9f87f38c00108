#!lua flags=allow-oom
-- Offers calls to the workers that are on shift; what they miss is found by the sweeper.
-- KEYS: 1 mark that somebody is on shift, 2 ready calls. ARGV: call ids.
-- Answer: 1 offered, 0 nobody is on shift: the calls need a message each.
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('RPUSH', KEYS[2], unpack(ARGV))
return 1
