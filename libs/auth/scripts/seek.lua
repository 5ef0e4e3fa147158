#!lua flags=allow-oom
-- Looks at the leases of one bucket that somebody waits for, and marks them as wanted.
-- KEYS: lease, wanted, lease, wanted, … ARGV: name, ttl of a mark in ms, then for each lease the time of the name's
-- assignment in µs and whether to leave a mark. Of two marks that of the later assignment stays.
-- Returns for each 1 if it is free for us, 0 if not.
local answers = {}
for i = 1, #KEYS / 2 do
  local wanted = KEYS[2 * i]
  local since = ARGV[2 * i + 1]
  local mark = redis.call('GET', wanted)
  local stands, name = string.match(mark or '', '^(%d+) (.*)$')
  local mine = name == ARGV[1] and stands == since
  local outbid = stands and name ~= ARGV[1] and tonumber(stands) >= tonumber(since)
  local free = redis.call('EXISTS', KEYS[2 * i - 1]) == 0 and not outbid
  -- Written only when it is new or half over: a mark asked for ten times a second costs a read then.
  if ARGV[2 * i + 2] == '1' and not outbid and (not mine or redis.call('PTTL', wanted) < ARGV[2] / 2) then
    redis.call('SET', wanted, since .. ' ' .. ARGV[1], 'PX', ARGV[2])
  end
  answers[i] = free and 1 or 0
end
return answers
