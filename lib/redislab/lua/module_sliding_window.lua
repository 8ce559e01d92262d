-- The module's sliding window: the caller's clock says when it is, and the time itself is the member.
--
-- KEYS[1]  the subject's log: a sorted set
-- ARGV[1]  the caller's time in s
-- ARGV[2]  the window in s
-- ARGV[3]  the limit
--
-- Returns 0 if the request is admitted, else 1.

local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - window)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then
    return 1
end
redis.call('ZADD', KEYS[1], now, now) -- a second request of the same moment replaces the first
redis.call('PEXPIRE', KEYS[1], math.ceil(window * 1000))
return 0
