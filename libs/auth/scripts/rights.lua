-- Which of the commands that workers need this user may not run on our keys, by name. A script that met its first missing
-- right halfway would have written one half.
if not redis.acl_check_cmd then return {} end
local key = 'lk:{b000}:rights'
local calls = {
  {'DEL', key}, {'EXISTS', key}, {'GET', key}, {'HDEL', key, 'f'}, {'HGET', key, 'f'}, {'HGETALL', key},
  {'HKEYS', key}, {'HLEN', key}, {'HMGET', key, 'f'}, {'HSET', key, 'f', 'v'}, {'MGET', key}, {'PEXPIRE', key, '1'}, {'PTTL', key},
  {'SADD', key, 'm'}, {'SCARD', key}, {'SET', key, 'v'}, {'SISMEMBER', key, 'm'}, {'SMEMBERS', key}, {'SREM', key, 'm'}, {'TYPE', key},
  {'ZADD', key, '1', 'm'}, {'ZCARD', key}, {'ZREM', key, 'm'}, {'ZREMRANGEBYSCORE', key, '0', '1'}, {'ZSCAN', key, '0'},
  {'EXEC'}, {'MULTI'}, {'PING'}, {'TIME'}
}
local missing = {}
for _, call in ipairs(calls) do
  if not redis.acl_check_cmd(unpack(call)) then missing[#missing + 1] = call[1] end
end
for _, other in ipairs({'lk:store', 'lk:worker:rights', 'lk:{nrights}:number'}) do
  if #missing == 0 and not redis.acl_check_cmd('SET', other, 'v') then missing[1] = 'the key ' .. other end
end
return missing
