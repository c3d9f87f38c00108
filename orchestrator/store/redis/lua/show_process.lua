#!lua flags=allow-oom
-- Shows a process as heard now, and forgets those that were not heard for long.
-- KEYS: 1 what each says of itself 2 when each was heard in ms. ARGV: 1 seconds to be kept 2 its name 3 what it says.
local now = redis.call('TIME')
local now_ms = now[1] * 1000 + math.floor(now[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[2], now_ms, ARGV[2])
local gone_ms = now_ms - ARGV[1] * 1000
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', gone_ms)) do redis.call('HDEL', KEYS[1], name) end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', gone_ms)
