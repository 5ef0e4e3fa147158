#!lua flags=allow-oom
-- Frees a lease if it carries this token, and wakes whoever waits for it.
-- KEYS: lease, wanted. ARGV: token, session, channel of whoever is woken without its name at the end.
-- Returns the wanted mark, which stays.
local held = redis.call('GET', KEYS[1])
local mark = redis.call('GET', KEYS[2])
if held and string.match(held, '^(%d+) ') == ARGV[1] then
  redis.call('DEL', KEYS[1])
  local name = mark and string.match(mark, '^%d+ (.*)$')
  -- A user without this channel frees the lease all the same: the other asks again by itself.
  if name then redis.pcall('PUBLISH', ARGV[3] .. name, ARGV[2]) end
end
return mark
