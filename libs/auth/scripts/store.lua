#!lua flags=allow-oom
-- Reads the store's marker, notes the server's run id in it, and makes it if asked to and absent.
-- KEYS: store. ARGV: run id, id for a new marker or '', its sealed secret.
-- Returns false or {id, sealed secret, since how many µs this run id is known}.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local marker = redis.call('HMGET', KEYS[1], 'id', 'number', 'run', 'since')
local since = tonumber(marker[4] or '0') or 0
if not marker[1] then
  if ARGV[2] == '' then
    return false
  end
  -- A new installation: nobody can hold a lease yet, so nobody waits.
  redis.call('HSET', KEYS[1], 'id', ARGV[2], 'number', ARGV[3], 'run', ARGV[1], 'since', '0')
  return {ARGV[2], ARGV[3], string.format('%.0f', now)}
end
if marker[3] ~= ARGV[1] then
  since = now
  redis.call('HSET', KEYS[1], 'run', ARGV[1], 'since', string.format('%.0f', now))
end
return {marker[1], marker[2], string.format('%.0f', math.max(0, now - since))}
