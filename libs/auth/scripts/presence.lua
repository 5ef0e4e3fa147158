#!lua flags=allow-oom
-- Says which process goes by a worker id, for one ttl. KEYS: worker. ARGV: holder, ttl in ms.
-- Returns the holder that stands: ours, or another process that said so first.
local present = redis.call('GET', KEYS[1])
if present and present ~= ARGV[1] then
  return present
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return ARGV[1]
