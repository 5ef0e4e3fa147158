#!lua
-- Replaces the marker's sealed secret if it is still the one that was read. KEYS: store. ARGV: old, new.
if redis.call('HGET', KEYS[1], 'number') == ARGV[1] then
  redis.call('HSET', KEYS[1], 'number', ARGV[2])
end
return 1
