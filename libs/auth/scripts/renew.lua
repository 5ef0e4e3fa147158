#!lua flags=allow-oom
-- Renews the leases of one bucket. KEYS: lease, wanted, lease, wanted, … ARGV: ttl in ms, a token for each lease.
-- Returns for each lease {1 if renewed else 0, the wanted mark or false}.
local answers = {}
for i = 2, #ARGV do
  local lease = KEYS[2 * i - 3]
  local held = redis.call('GET', lease)
  local renewed = 0
  if held and string.match(held, '^(%d+) ') == ARGV[i] then
    renewed = redis.call('PEXPIRE', lease, ARGV[1])
  end
  answers[#answers + 1] = {renewed, redis.call('GET', KEYS[2 * i - 2])}
end
return answers
