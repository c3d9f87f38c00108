#!lua flags=allow-oom
-- Lets the live state of an attempt that is over go; one that the carrier has told of and that is not recorded yet is kept
-- as long as a call may last: somebody may be on the line, and commands for it may wait in the outbox.
-- KEYS: 1 call hash, 2 log, 3 outbox. ARGV: 1 seconds until it goes, 0 for at once, 2 seconds for one that was told of.
-- Answer: the seconds, -1 where there is none.
local state = redis.call('HGET', KEYS[1], 's')
local keep = tonumber(ARGV[1])
if state then
  local is_json, call = pcall(cjson.decode, state)
  if not is_json or type(call) ~= 'table' then call = {} end  -- damaged: it may have been told of
  local was_told_of = redis.call('HEXISTS', KEYS[1], 'cc') == 1 or call.phase ~= 'dialing'
  if was_told_of and call.settled ~= true then keep = tonumber(ARGV[2]) end
end
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, keep) end
return state and keep or -1
