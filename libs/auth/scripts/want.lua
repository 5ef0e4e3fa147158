#!lua flags=allow-oom
-- Leaves or renews a mark; a later assignment's wins. KEYS: wanted. ARGV: time in µs, name, ttl in ms.
-- Returns the mark that stands.
local mark = redis.call('GET', KEYS[1])
local mine = ARGV[1] .. ' ' .. ARGV[2]
if mark and mark ~= mine and (tonumber(string.match(mark, '^(%d+) ')) or 0) >= tonumber(ARGV[1]) then
  return mark
end
redis.call('SET', KEYS[1], mine, 'PX', ARGV[3])
return mine
