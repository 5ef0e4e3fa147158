#!lua flags=allow-oom
-- Frees a number if it is exactly this claim. KEYS: number. ARGV: claim. Returns 1 if it was.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('DEL', KEYS[1])
end
return 0
