#!lua
-- Claims a number. KEYS: number. ARGV: claim, its session, the claim it replaces or ''.
-- Returns the claim that stands.
local present = redis.call('GET', KEYS[1])
if present and present ~= ARGV[3] and string.match(present, '^%d+ (.*)$') ~= ARGV[2] then
  return present
end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]
