#!lua flags=allow-oom
-- Moves an entry to another stream, with what is to be said of it there; once, and never to neither.
-- KEYS: 1 to, 2 from, 3 failures. ARGV: 1 the most to keep there or '', 2 group, 3 entry id, then fields and values to add.
-- Answer: 1 moved, 0 it is gone.
local entry = redis.call('XRANGE', KEYS[2], ARGV[3], ARGV[3])[1]
redis.call('XACK', KEYS[2], ARGV[2], ARGV[3])
redis.call('HDEL', KEYS[3], ARGV[3])
if not entry then return 0 end
local fields = entry[2]
for i = 4, #ARGV do fields[#fields + 1] = ARGV[i] end
redis.call('XADD', KEYS[1], '*', unpack(fields))
if ARGV[1] ~= '' then redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', ARGV[1]) end
redis.call('XDEL', KEYS[2], ARGV[3])
return 1
