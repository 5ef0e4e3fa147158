-- Applies one commit of a line, all or nothing, if its writer still holds the lease and saw the present version.
-- KEYS: lease, line, open, pending, archive, tags of the ledger, inbound ids of this week and of the three before, a key
-- for each record.
-- Returns {'ok', version, one digit for each inbound id: 1 if it was new}, {'stale_token'} or {'stale_version', version}.
local at = 0
local function take()
  at = at + 1
  return ARGV[at]
end
local function times(action)
  for i = 1, tonumber(take()) do
    action(i)
  end
end

-- `version` is compared as text, and `next` is the writer's: a head that was damaged stays so until a reset.
local token, version, next, commit, run = take(), take(), take(), take(), take()
local lease = redis.call('GET', KEYS[1])
if not lease or string.match(lease, '^(%d+) ') ~= token then
  return {'stale_token'}
end
local head = redis.call('HMGET', KEYS[2], 'version', 'commit', 'fresh')
local stored = head[1] or '0'
if head[2] == commit then
  return {'ok', stored, head[3] or ''}  -- The answer got lost the first time.
end
if stored ~= version then
  return {'stale_version', stored}
end

-- What was there. Names of sealed fields have 16 bytes, no other name has.
local wipe, archive, archive_ttl, forget_inbound = take(), take(), take(), take()
if wipe ~= 'keep' then
  for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
    if #name == 16 then
      redis.call('HDEL', KEYS[2], name)
    end
  end
  redis.call('HDEL', KEYS[2], 'key', 'salt')
  if wipe == 'archive' then
    if archive ~= '' then
      redis.call('SET', KEYS[5], archive, 'PX', archive_ttl)
    end
  else
    redis.call('DEL', KEYS[5])
  end
  if wipe == 'reset' then
    redis.call('DEL', KEYS[4])
  end
end
if forget_inbound == '1' then
  redis.call('DEL', KEYS[7], KEYS[8], KEYS[9], KEYS[10])
end

-- Fields.
local key, salt = take(), take()
if key ~= '' then
  redis.call('HSET', KEYS[2], 'key', key, 'salt', salt)
end
times(function()
  redis.call('HDEL', KEYS[2], take())
end)
times(function()
  local name = take()
  redis.call('HSET', KEYS[2], name, take())
end)

-- Ledger.
local longest = take()
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
times(function(i)
  local tag, record, open, ttl = take(), take(), take(), tonumber(take())
  if i == 1 then
    redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', now)
  end
  if ttl > 0 then
    redis.call('SET', KEYS[10 + i], record, 'PX', ttl)
    redis.call('ZADD', KEYS[6], now + ttl, tag)
    redis.call('PEXPIRE', KEYS[6], longest)
  else
    redis.call('DEL', KEYS[10 + i])
    redis.call('ZREM', KEYS[6], tag)
  end
  redis.call(open == '1' and 'SADD' or 'SREM', KEYS[3], tag)
end)

-- Inbound messages and their events.
local id_ttl = take()
local fresh = ''
times(function()
  local digest, tag, event = take(), take(), take()
  local known = 0
  for i = 7, 9 do
    known = known + redis.call('SISMEMBER', KEYS[i], digest)
  end
  fresh = fresh .. (known == 0 and '1' or '0')
  if known == 0 then
    redis.call('SADD', KEYS[7], digest)
    redis.call('PEXPIRE', KEYS[7], id_ttl)
    if tag ~= '' then
      redis.call('HSET', KEYS[4], tag, event)
    end
  end
end)
times(function()
  local tag = take()
  redis.call('HSET', KEYS[4], tag, take())
end)
times(function()
  redis.call('HDEL', KEYS[4], take())
end)

for _, name in ipairs({'status', 'desired', 'audit'}) do
  local set, value = take(), take()
  if set == '1' then
    redis.call('HSET', KEYS[2], name, value)
  end
end

redis.call('HSET', KEYS[2], 'version', next, 'commit', commit, 'run', run, 'fresh', fresh)
return {'ok', next, fresh}
