#!lua flags=allow-oom
-- Frees a number if it is exactly this claim, or any claim of this session. KEYS: number. ARGV: claim or '', session or ''.
-- Returns 1 if it was.
local present = redis.call('GET', KEYS[1])
if present and (present == ARGV[1] or (ARGV[2] ~= '' and string.match(present, '^%d+ (.*)$') == ARGV[2])) then
  return redis.call('DEL', KEYS[1])
end
return 0
