-- Add to a counter, which expires some time after it was begun.
--
-- KEYS[1]  the counter, a string
-- ARGV[1]  how much, a whole number
-- ARGV[2]  ms that a new counter lives
--
-- Returns what it holds then; from 2^53 on as text: INCRBY counts in 64 bits, a Lua number is exact up to there.

local count = redis.call('INCRBY', KEYS[1], ARGV[1])
if redis.call('PTTL', KEYS[1]) == -1 then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return math.abs(count) < 9007199254740992 and count or redis.call('GET', KEYS[1])
