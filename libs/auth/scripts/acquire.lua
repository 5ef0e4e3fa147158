#!lua flags=allow-oom
-- Grants a lease that is free, or that this very process already had, unless a later owner of the line waits for it.
-- KEYS: lease, line, sessions of the bucket, wanted.
-- ARGV: holder, ttl in ms, session, time of the holder's assignment in µs, head fields…
-- Returns {'busy'}, {'no_line'} where something else stands in the line's place, or {'ok', token, head values}.
local held = redis.call('GET', KEYS[1])
if held and string.match(held, '^%d+ (.*)$') ~= ARGV[1] then
  return {'busy'}
end
local mark = redis.call('GET', KEYS[4])
if mark then
  local since, name = string.match(mark, '^(%d+) (.*)$')
  if name ~= ARGV[1] and (tonumber(since) or 0) > tonumber(ARGV[4]) then
    return {'busy'}
  end
  redis.call('DEL', KEYS[4])
end
local kind = redis.call('TYPE', KEYS[2]).ok
if kind ~= 'hash' and kind ~= 'none' then
  return {'no_line'}
end
-- The time keeps tokens growing even if the stored one was lost.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local stored = tonumber(redis.call('HGET', KEYS[2], 'token') or '0') or 0
local token = string.format('%.0f', math.max(stored + 1, now))
redis.call('SET', KEYS[1], token .. ' ' .. ARGV[1], 'PX', ARGV[2])
redis.call('HSET', KEYS[2], 'token', token)
redis.call('SADD', KEYS[3], ARGV[3])
return {'ok', token, redis.call('HMGET', KEYS[2], unpack(ARGV, 5))}
