#!lua flags=allow-oom
-- Takes one's own mark away. KEYS: wanted. ARGV: name.
local mark = redis.call('GET', KEYS[1])
if mark and string.match(mark, '^%d+ (.*)$') == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 1
