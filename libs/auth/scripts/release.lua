#!lua flags=allow-oom
-- Frees a lease if it carries this token. KEYS: lease, wanted. ARGV: token. Returns the wanted mark.
local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^(%d+) ') == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return redis.call('GET', KEYS[2])
